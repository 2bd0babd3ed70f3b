"""Compares the user's own data with those that cached runs were made with, by size and time alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from Arch.config.config import Config
from Arch.files.stamps import Stamp, stamps_from, stamps_of

ADVICE = "`main.py verify --data` compares the content."


def change_of_data(config: Config, origins: Iterable[Mapping[str, Any]]) -> str:
    """Returns how the data at a config's `DataPath` differ from those of its runs; empty if they do not seem to.

    Runs that did not record size and time are not compared.

    Args:
        config: the experiment.
        origins: the provenance of its runs.
    """
    paths = config.data_paths()
    recorded = [stamps for origin in origins if (stamps := stamps_from(origin.get("data_files")))] if paths else []
    if not recorded:
        return ""
    present = stamps_of(paths)
    if not present:
        return f"there is no {paths[0]} any more"
    return next((change for stamps in recorded if (change := _change(stamps, present))), "")


def _change(then: tuple[Stamp, ...], now: tuple[Stamp, ...]) -> str:
    if len(then) != len(now):
        return f"{now[0].path} has {len(now)} of the {len(then)} files or folders of the splits"
    changed = [one for other, one in zip(then, now, strict=True) if not one.is_like(other)]
    return f"{changed[0].path} has changed since these runs were made" if changed else ""
