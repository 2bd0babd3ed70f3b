"""Changes a JSON document at one place, and writes it with values that Python's own writer does not write."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzzing.odd_values import odd_value
from tests.fuzzing.sandbox import Sandbox

Place = tuple[Any, Any]
"""A dict or list, and a key or index in it."""

_MARK = "@@ODD@@"


def change_document(rng: Random, path: Path, sandbox: Sandbox) -> str:
    """Changes a JSON file at one place and says how."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):  # a former change has made it unreadable
        return "unchanged"
    places = list(_places(document))
    value = odd_value(rng, sandbox)
    if not places or rng.random() < 0.04:
        path.write_text(value, encoding="utf-8")
        return f"the document is {shown(value)}"
    holder, key = rng.choice(places)
    words = _CHANGES[rng.randrange(len(_CHANGES))](rng, holder, key)
    text = json.dumps(document, indent=rng.choice((None, 1)))
    path.write_text(text.replace(f'"{_MARK}"', value), encoding="utf-8")
    return f"{words}{f' {shown(value)}' if words.endswith((':', 'is')) else ''}"


def shown(text: str) -> str:
    """Returns a short, printable form of a text."""
    short = text if len(text) <= 60 else f"{text[:40]}... ({len(text)} characters)"
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in short)


def _places(document: Any) -> list[Place]:
    found, rest = [], [document]
    while rest:
        each = rest.pop()
        if not isinstance(each, dict | list):  # the whole document is a number or a text
            continue
        keys = list(each) if isinstance(each, dict) else list(range(min(len(each), 5)))
        for key in keys:
            found.append((each, key))
            if isinstance(each[key], dict | list):
                rest.append(each[key])
    return found


def _replace(_: Random, holder: Any, key: Any) -> str:
    holder[key] = _MARK
    return f"{key!r} is"


def _remove(_: Random, holder: Any, key: Any) -> str:
    del holder[key]
    return f"{key!r} is removed"


def _add(rng: Random, holder: Any, _: Any) -> str:
    if isinstance(holder, list):
        holder.insert(rng.randrange(len(holder) + 1), _MARK)
        return "a list has also:"
    name = rng.choice(("Zebra", "", "\x1b[31m", "Teacher", "__class__", "a" * 5_000, "Title", "Active"))
    holder[name] = _MARK
    return f"the key {shown(name)!r} is"


def _twist(rng: Random, holder: Any, key: Any) -> str:
    """Gives a value another type or another size of the same type."""
    old = holder[key]
    changed: Any = [old]
    if isinstance(old, str):
        changed = rng.choice(
            (old + "\x1b[2J", old[: len(old) // 2], old.upper(), old * 1_000, f"../{old}", f"{old}/..")
        )
    elif isinstance(old, bool) or old is None:
        changed = rng.choice((0, 1, "yes", [old]))
    elif isinstance(old, int | float):
        changed = rng.choice((-old, old * 10**9, str(old), old + 0.5, [old], old - 1, old + 1))
    elif isinstance(old, list):
        changed = rng.choice((old * 1_000, old[:-1], old[::-1], dict.fromkeys(map(str, old))))
    elif isinstance(old, dict):
        changed = rng.choice((list(old), list(old.values()), {f"{name} ": each for name, each in old.items()}))
    holder[key] = changed
    return f"{key!r} changes from {shown(repr(old))} to {shown(repr(changed))}"


_CHANGES = (_replace, _replace, _remove, _add, _twist, _twist)
