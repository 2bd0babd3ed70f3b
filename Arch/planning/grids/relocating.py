"""Rewrites the relative paths of a config for another folder, so that they name the same files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from Arch.config.names import LIBRARIES
from Arch.config.rules.conditions import SUFFIX
from Arch.config.rules.rules import Rules


def relocated(rules: Rules, raw: Mapping[str, Any], old: Path, new: Path) -> dict[str, Any]:
    """Returns a config of the folder `old` as it has to be in the folder `new`, nested configs and stanzas included."""
    return {name: _value(rules, name, value, old, new) for name, value in raw.items()}


def path_from(path: str, old: Path, new: Path) -> str:
    """Returns a path relative to `old` as one relative to `new`; an empty or absolute path is returned unchanged.

    Where a symbolic link makes `..` ambiguous, the result is absolute. What can be no path is returned unchanged, too.
    """
    if not path or "\0" in path or path.startswith("~") or os.path.isabs(path):  # noqa: PTH117 - paths are strings in this module
        return path
    target = os.path.abspath(old / path)  # noqa: PTH100 - as the resolver: removes `..`, follows no links
    moved = os.path.relpath(target, os.path.abspath(new))  # noqa: PTH100
    if path.endswith(".json") or os.path.realpath(new / moved) == os.path.realpath(old / path):
        return moved
    return os.path.realpath(old / path)


def _value(rules: Rules, name: str, value: Any, old: Path, new: Path) -> Any:
    key = rules.aliases.get(name, name)
    if key not in rules.keys:
        is_stanza = name.endswith(SUFFIX) and isinstance(value, Mapping)
        return relocated(rules, value, old, new) if is_stanza else value
    kind = rules.keys[key].schema.type
    if kind == "path" and isinstance(value, str):
        return path_from(value, old, new)
    if kind == "paths" and isinstance(value, list):
        return [path_from(each, old, new) if isinstance(each, str) else each for each in value]
    return _reference(rules, value, old, new) if kind == "reference" else value


def _reference(rules: Rules, value: Any, old: Path, new: Path) -> Any:
    if isinstance(value, Mapping):
        return relocated(rules, value, old, new)
    if not isinstance(value, str) or value.startswith(LIBRARIES):
        return value
    if value.endswith(".json"):
        return path_from(value, old, new)
    model, at, path = value.partition("@")
    return f"{model}@{path_from(path, old, new)}" if at else value
