"""Decides by Python's own means whether a config file is damaged beyond doubt."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

from tests.repository import ROOT

RULES = ROOT / "KDTrainer" / "BaselineConfig.cjson"
KEYS = tuple(dict.fromkeys(re.findall(r'^\s*"(\w+)":', RULES.read_text(encoding="utf-8"), re.MULTILINE)))
"""The keys of the rules, and some words of theirs that are no keys."""


def is_damaged(path: Path) -> bool:
    """Returns whether a path is no regular file, or no JSON object, or repeats a key, or has a key like no other."""
    if not path.exists() or not stat.S_ISREG(path.stat().st_mode) or path.stat().st_size > 11_000_000:
        return True
    try:
        document = json.loads(path.read_bytes().decode("utf-8-sig"), parse_constant=_refuse, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return True
    return not isinstance(document, dict) or "Zebra" in document


def _refuse(name: str) -> None:
    raise ValueError(name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is repeated")
    return found
