"""Checks that no two plugins use one name."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from Arch.config.names import field_name
from Arch.config.rules.extension import Extension
from Arch.config.rules.patterns import meet
from Arch.errors import PluginError


def require_distinct(plugins: Sequence[Extension]) -> None:
    """Checks that no two plugins use one name, or a pattern over the other's; raises PluginError."""
    holders: dict[tuple[str, str], Extension] = {}
    for each in plugins:
        for what, name in _names(each):
            other = holders.setdefault((what, name), each)
            if other is not each:
                one, two = (
                    (each.code.path, other.code.path) if what == "file" else (each.source.label, other.source.label)
                )
                raise PluginError(f"{one} and {two} both have the {what} {name!r}. Give one of them another name.")
    for each, other in itertools.combinations(plugins, 2):
        _require_apart(each, other)


def _require_apart(one: Extension, other: Extension) -> None:
    for key, choices in one.choices.items():
        for name, taken in itertools.product(choices, other.choices.get(key, ())):
            if meet(name, taken):
                raise PluginError(
                    f"{one.source.label} and {other.source.label} have the {key} {name!r} and {taken!r}, of which one "
                    "covers the other. Give one of them another name."
                )


def _names(plugin: Extension) -> Iterator[tuple[str, str]]:
    yield "file", plugin.code.name
    for key in (*plugin.keys, *plugin.aliases, *plugin.retired):
        yield "key", key
    for key in plugin.keys:
        yield "Python name", field_name(key)
    for key, choices in plugin.choices.items():
        for name in choices:
            yield key, name
