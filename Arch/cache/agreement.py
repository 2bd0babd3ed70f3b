"""Compares a cached experiment with the requested one: their active values and defaults must agree."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from Arch.cache.fields import Fields
from Arch.cache.layout import CONFIG, removal
from Arch.cache.request import Request
from Arch.errors import CacheError, ChangedDefaultError

_NESTED = frozenset((list, dict))
_WAYS_OUT = (
    "made under another default. There are two ways out: restore the old default in the rules, or keep it in the "
    "experiments alone by `main.py rehash --pin-old --apply`. `main.py rm FINGERPRINT --apply` makes room to train one "
    "afresh under the new default."
)


def check(path: Path, document: Mapping[str, Any], request: Request) -> None:
    """Compares an entry's stored active values with the requested ones over the keys that both know.

    Defaults are not part of a fingerprint, so a changed default leaves the fingerprint and changes its meaning. A key
    that the entry does not know counts as its present default.

    Args:
        path: the entry's folder.
        document: its `Config.json`.
        request: the config that asks for it.

    Raises:
        ChangedDefaultError: at least one value differs.
        CacheError: the config names another entry.
    """
    if request.fingerprint != path.name:
        raise CacheError(f"{path} does not belong to the experiment {request.fingerprint}.")
    stored = document["Active"]
    if _are_alike(stored, request.active):
        return
    held = {key: stored[key] if key in stored else request.default_of(key) for key in request.active}
    _refuse_changes(path, held, request.active)


def check_defaults(path: Path, document: Mapping[str, Any], request: Request) -> None:
    """Compares the defaults stored in an entry with the present ones, over the keys that both know.

    Raises:
        ChangedDefaultError: at least one differs; CorruptEntryError: the entry has no defaults.
    """
    defaults = Fields(document, f"{path}/{CONFIG}").mapping("Defaults")
    held = {key: default for key, default in defaults.items() if key in request.active}
    _refuse_changes(path, held, {key: request.default_of(key) for key in held})


def _refuse_changes(path: Path, held: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    changed = {key: (held[key], now[key]) for key in now if not _are_same(held[key], now[key])}
    if changed:
        raise _changed(path, changed)


def _are_alike(stored: Mapping[str, Any], active: Mapping[str, Any]) -> bool:
    """Tells quickly whether two mappings are identical, as in nearly all entries; False in doubt."""
    types = [*map(type, stored.values())]
    if stored != active or types != [*map(type, active.values())] or [*stored] != [*active]:
        return False
    nested = [*itertools.compress(stored, map(_NESTED.__contains__, types))]
    return repr([stored[key] for key in nested]) == repr([active[key] for key in nested])  # 1 and True differ


def _are_same(held: Any, value: Any) -> bool:
    if isinstance(held, (list, tuple)) and isinstance(value, (list, tuple)):
        return len(held) == len(value) and all(map(_are_same, held, value))
    if isinstance(held, Mapping) and isinstance(value, Mapping):
        return held.keys() == value.keys() and all(_are_same(held[key], value[key]) for key in held)
    # Python has True == 1, but a config does not.
    return isinstance(held, bool) == isinstance(value, bool) and bool(held == value)


def _changed(path: Path, changed: Mapping[str, tuple[Any, Any]]) -> ChangedDefaultError:
    differences = "; ".join(
        f"{key} was {json.dumps(held)} there and is {json.dumps(value)} now" for key, (held, value) in changed.items()
    )
    pin = f"`main.py rehash {path.name[:12]} --pin-old --apply`"
    message = (
        f"{path} was made under another default: {differences}. There are two ways out: {pin} keeps the old runs under "
        f"the value that they were made with; {removal(path)} makes room to train afresh under the new default."
    )
    return ChangedDefaultError(message, fingerprint=path.name, difference=differences, ways_out=_WAYS_OUT)
