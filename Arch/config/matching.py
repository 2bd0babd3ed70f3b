"""Tells whether a config has a value that a `Key=Value` word asks for."""

from __future__ import annotations

from typing import Any

from Arch.config.config import Config
from Arch.config.foreign import ForeignNetwork


def holds(config: Config, key: str, value: Any) -> bool:
    """Whether a `Key=Value` word selects a config; a reference answers to its network's name and its fingerprint."""
    reference = config.references.get(key)
    if reference is None:
        return key in config.active and bool(config.active[key] == value)
    if isinstance(reference, ForeignNetwork):
        return value in (reference.title, reference.fingerprint)
    return value in (reference.active.get("Model"), reference.fingerprint)
