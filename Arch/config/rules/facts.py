"""The `"::"` part of the rules file: facts about keys, such as their type, choices and bounds, and their checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from Arch.config.json_text import Source, describe
from Arch.config.rules.patterns import is_pattern, matches
from Arch.config.rules.values import TYPES
from Arch.errors import RulesError, did_you_mean

Facts = Mapping[str, Any]

BOUNDS = ("at_least", "above", "at_most", "below")
_NUMBERS = ("int", "float", "ints", "floats", "int lists", "float lists")


def read_facts(document: Mapping[str, Any], source: Source) -> Mapping[str, Facts]:
    """Returns the facts about each key.

    Args:
        document: the whole rules file.
        source: where it came from.

    Raises:
        RulesError: a fact has an unknown name or a value of the wrong type.
    """
    about = document.get("::", {})
    if not isinstance(about, dict):
        raise RulesError(f"{source.at('::')}expected an object of facts about keys, got {describe(about)}.")
    for key, facts in about.items():
        if not isinstance(facts, dict):
            raise RulesError(f"{source.at('::', key)}expected an object of facts about {key}, got {describe(facts)}.")
        for fact, value in facts.items():
            if fact not in _FACTS:
                hint = did_you_mean(fact, _FACTS)
                raise RulesError(f"{source.at('::', key, fact)}no fact about a key is called {fact!r}. {hint}".rstrip())
            is_fit, expected = _FACTS[fact]
            if not is_fit(value):
                raise RulesError(
                    f"{source.at('::', key, fact)}{fact} of {key}: expected {expected}, got {describe(value)}."
                )
    return about


def check_facts(key: str, facts: Facts, kind: str, source: Source) -> None:
    """Checks that the facts about a key suit its type `kind` and each other.

    Raises:
        RulesError: they do not. A fact that has no effect on its key is refused, since its author expects one.
    """
    for fact in facts:
        kinds = _KINDS.get(fact)
        if kinds is not None and kind not in kinds:
            raise RulesError(
                f"{source.at('::', key, fact)}{fact} of {key}: {TYPES[kind]}, has none; "
                f"only these types have: {', '.join(kinds)}."
            )
    if kind == "bool" and not set(facts.get("planned", ())) <= {"true", "false"}:
        raise RulesError(f"{source.at('::', key, 'planned')}planned of {key}: expected true or false as names.")
    if kind == "reference" and "model_key" not in facts:
        raise RulesError(f"{source.at('::', key)}the reference {key!r} has no model_key, which a bare name would set.")
    known = (*facts.get("choices", ()), *facts.get("planned", ()))
    for alias, meant in facts.get("aliases", {}).items():
        if alias in known:
            raise RulesError(f"{source.at('::', key, 'aliases', alias)}{alias!r} is a choice of {key} and an alias.")
        if not any(matches(meant, name) for name in known) or is_pattern(meant):
            hint = did_you_mean(meant, known)
            at = source.at("::", key, "aliases", alias)
            raise RulesError(f"{at}the alias {alias!r} means {meant!r}, no choice of {key}. {hint}".rstrip())


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_type(value: Any) -> bool:
    return isinstance(value, str) and value in TYPES


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _are_members(value: Any) -> bool:
    return isinstance(value, dict)


def _are_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _are_versions(value: Any) -> bool:
    return isinstance(value, dict) and all(type(version) is int for version in value.values())


def _is_version(value: Any) -> bool:
    return type(value) is int and value >= 1


_FACTS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "about": (_is_text, "one line of text"),
    "type": (_is_type, f"one of {', '.join(TYPES)}"),
    "choices": (_are_versions, "an object from each choice to its version, a whole number"),
    "planned": (_are_texts, "an object from each planned value to the reason, as text"),
    "aliases": (_are_texts, "an object from each other spelling to the choice it means"),
    **dict.fromkeys(BOUNDS, (_is_number, "a number")),
    "required": (_is_bool, "true or false"),
    "spellings": (_are_names, "a list of other spellings of the key"),
    "retired": (_is_text, "the reason, as text"),
    "unread": (_is_text, "a remark, as text"),
    "model_key": (_is_text, "the name of a key"),
    "resets": (_are_members, "an object from keys to values"),
    "version": (_is_version, "a whole number from 1"),
    "needs_weights": (_is_bool, "true or false"),
}

# The types of keys that each fact is for; other facts suit all types.
_KINDS: Mapping[str, tuple[str, ...]] = {
    "choices": ("str", "strs"),
    "planned": ("str", "strs", "bool"),
    "aliases": ("str", "strs"),
    **dict.fromkeys(BOUNDS, _NUMBERS),
    "model_key": ("reference",),
    "resets": ("reference",),
    "version": ("reference",),
    "needs_weights": ("reference",),
}
