"""Explains which rule made each key part of a fingerprint or not, and in which keys two experiments differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from Arch.config.config import Config
from Arch.config.foreign import ForeignNetwork

_ABSENT = None
OPTION = "says how to run, not what is computed"


@dataclass(frozen=True)
class KeyStory:
    """The use of one key.

    Attributes:
        key: its name.
        value: the value in use; for a key that is switched off, the value that was given.
        verdict: `named` (part of the fingerprint), `default` (active, but at its default), `off` or `option`.
        why: the rule, with its line in the rules file.
    """

    key: str
    value: Any
    verdict: str
    why: str


@dataclass(frozen=True)
class Difference:
    """A key in which two experiments differ; None stands for a key that is switched off."""

    key: str
    first: Any
    second: Any


@dataclass(frozen=True)
class IdleDifference:
    """A key that two configs of one experiment give different values, None for none, and why it does not count."""

    key: str
    first: Any
    second: Any
    why: str


def explain(config: Config) -> list[KeyStory]:
    """Returns how each key of a config was used, in the rules file's order, keys of missing plugins last."""
    stories = [_story(config, key) for key in config.rules.keys]
    missing = [_story_of_missing(config, key) for key in config.active if key not in config.rules.keys]
    return sorted(stories, key=lambda story: _order(config, story.key)) + missing


def differences(first: Config, second: Config, prefix: str = "") -> list[Difference]:
    """Returns the active keys in which two experiments differ; references are compared key by key."""
    found: list[Difference] = []
    for key in dict.fromkeys((*first.active, *second.active)):
        mine, yours = first.active.get(key, _ABSENT), second.active.get(key, _ABSENT)
        if mine == yours:
            continue
        one, other = first.references.get(key), second.references.get(key)
        if isinstance(one, Config) and isinstance(other, Config):
            found += differences(one, other, f"{prefix}{key}.")
        else:
            found.append(Difference(prefix + key, _shown(one, mine), _shown(other, yours)))
    return found


def idle_differences(first: Config, second: Config) -> list[IdleDifference]:
    """Returns the keys that two configs of one experiment give different values, with the reason for each."""
    found = []
    for key in dict.fromkeys((*first.unread.keys, *second.unread.keys)):
        mine, yours = (each.unread.given.get(key) for each in (first, second))
        if mine != yours:
            reader = first if key in first.unread.keys else second
            [why] = reader.unread.reasons([key])
            found.append(IdleDifference(key, mine, yours, f"counts with {why}"))
    options = {key: (first.options[key], second.options.get(key)) for key in first.options}
    found += [IdleDifference(key, *pair, OPTION) for key, pair in options.items() if pair[0] != pair[1]]
    return found


def _story(config: Config, key: str) -> KeyStory:
    rule = config.rules.keys[key]
    line = _place(config, key)
    if rule.is_option:
        return KeyStory(key, config.options[key], "option", f"{line}: {OPTION}")
    if key in config.off:
        return KeyStory(key, config.off[key], "off", f"{line}: counts when {config.conditions_of(key)}")
    value = config.active[key]
    when = config.conditions_of(key)
    if key in config.named:
        other = config.references.get(key)
        value = value if other is None else f"{other.title} ({value[:8]})"
        return KeyStory(key, value, "named", f"{line}: counts {_when(when)}")
    how = "given as its default" if key in config.given else "not given"
    return KeyStory(key, value, "default", f"{line}: counts {_when(when)}; {how}, so not in the name")


def _story_of_missing(config: Config, key: str) -> KeyStory:
    verdict = "named" if key in config.named else "default"
    return KeyStory(key, config.active[key], verdict, "of a plugin that cannot be read now")


def _order(config: Config, key: str) -> tuple[str, int]:
    """Returns the file and the line of a key: the rules file comes first, then each plugin's."""
    declaration = config.rules.keys[key].declarations[0]
    return declaration.source.label if declaration.source else "", config.rules.line_of(declaration)


def _place(config: Config, key: str) -> str:
    label, line = _order(config, key)
    return f"{label.rpartition('/')[2]}, line {line}" if label else f"line {line}"


def _when(when: str) -> str:
    return when if when == "always" else f"as {when}"


def _shown(reference: Config | ForeignNetwork | None, value: Any) -> Any:
    return reference.title if reference is not None else value
