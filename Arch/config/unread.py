"""Keys that a config gives and nothing reads: why each has no effect, and what is read instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from Arch.config.json_text import Source, describe
from Arch.config.reading import Reading
from Arch.config.rules.conditions import Alternative, Condition
from Arch.config.rules.rules import Relevance, Rules

_UNSET: tuple[Any, ...] = ("", -1, [], [[]], {})  # what configs that spell out every key have for "not set"
_FEW = 4  # the most names that a reason lists


@dataclass(frozen=True, eq=False)
class Unread:
    """The keys that a config gives and that are switched off in it.

    Attributes:
        rules: the rules under which they are known, with all plugins that the config names.
        given: the canonical values that the config gives, by key.
        keys: those that are switched off, in the order of the config.
        typed: those that words of the command line gave.
        source: where the config came from.
    """

    rules: Rules | None
    given: Mapping[str, Any]
    keys: tuple[str, ...]
    typed: frozenset[str]
    source: Source

    @classmethod
    def of(cls, reading: Reading, relevance: Relevance) -> Unread:
        """Returns what is unread of a config; of one that no user wrote, only what the command line gave."""
        rules, given, known = reading.rules, reading.given, relevance.defaults
        keys = tuple(key for key in given if key not in known and key not in rules.options)
        if not reading.source.is_written:
            keys = tuple(key for key in keys if key in reading.typed)
        return cls(rules, given, keys, reading.typed, reading.source)

    @property
    def rank(self) -> int:
        """A number that is equal for configs in which the same keys are switched off for the same reasons."""
        return id(self.rules.relevance(self.given)) if self.rules else 0

    def worth_noting(self, typed: Collection[str] = ()) -> tuple[str, ...]:
        """Returns the keys whose value a user may expect to act.

        A default that a config spells out, or a value that means "not set", changes nothing either way. A key of the
        command line or with a remark in the rules is returned with any value.

        Args:
            typed: further keys that the command line gave.
        """
        return tuple(key for key in self.keys if key in self.typed or key in typed or self._is_expected_to_act(key))

    def reasons(self, keys: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Returns why keys have no effect, such as `Optimizer SGD (AdamW here)`: those that count with it, by reason.

        Args:
            keys: some of the unread keys.
        """
        if self.rules is None:
            return {}
        reasons, found = _Reasons(self.rules, self.given), dict[str, tuple[str, ...]]()
        for key in keys:
            why = reasons.of(key)
            found[why] = (*found.get(why, ()), key)
        return found

    def _is_expected_to_act(self, key: str) -> bool:
        if self.rules is None:
            return False
        value, rule = self.given[key], self.rules.keys[key]
        if rule.schema.unread:
            return True
        return value not in _UNSET and all(value != each.default for each in rule.declarations)


NOTHING = Unread(None, {}, (), frozenset(), Source(""))


class _Reasons:
    """Finds the conditions that switch keys off, and the keys that count in their place."""

    def __init__(self, rules: Rules, given: Mapping[str, Any]) -> None:
        """Computes the values that conditions read: of a key that is switched off its default."""
        self._rules, self._seen, self._active = rules, dict[str, Any](), set[str]()
        for key, rule in rules.keys.items():
            declared = rule.declared(self._seen)
            self._seen[key] = rule.default if declared is None else given.get(key, declared.default)
            if declared is not None:
                self._active.add(key)

    def of(self, key: str) -> str:
        """Returns with which values a key would count, and what they are here."""
        rule = self._rules.keys[key]
        refused = (
            next(condition for condition in each.conditions if not condition.holds(self._seen))
            for each in rule.declarations
        )
        reasons = dict.fromkeys(f"{_in_words(condition)} ({self._here(condition)})" for condition in refused)
        return " or ".join(reasons) + (f"; {rule.schema.unread}" if rule.schema.unread else "")

    def _here(self, condition: Condition) -> str:
        """Returns the values that the condition does not accept, and which keys count with them."""
        if len(condition.keys) > 1:
            return ", ".join(f"{key} {self._shown(key)}" for key in condition.keys) + " here"
        instead = self._instead(condition)
        return f"{self._shown(condition.keys[0])} here" + (f", which reads {_listed(instead)}" if instead else "")

    def _shown(self, key: str) -> str:
        return _text(self._seen[key]) if key in self._active else "off"

    def _instead(self, condition: Condition) -> list[str]:
        """Returns the keys that count because of the present value of the one key that the condition reads."""
        return [
            key
            for key, rule in self._rules.keys.items()
            if any(
                each.holds(self._seen) and any(self._is_opposite(other, condition) for other in each.conditions)
                for each in rule.declarations
            )
        ]

    @staticmethod
    def _is_opposite(one: Condition, other: Condition) -> bool:
        return one.keys == other.keys and one.excludes(other)


def _in_words(condition: Condition) -> str:
    return " or ".join(map(_alternative, condition.alternatives))


def _alternative(each: Alternative) -> str:
    """Returns one alternative in words: `VanillaKD`, `Optimizer SGD`, `LRScheduler other than OneCycle`."""
    joint = " and " if each.needs_all else " or "
    if not each.values:
        return ("no " if each.is_negated else "") + joint.join(each.keys)
    return f"{each.keys[0]} {'other than ' if each.is_negated else ''}{_listed([*map(_text, each.values)], joint)}"


def _listed(names: list[str], joint: str = " and ") -> str:
    if len(names) > _FEW:
        return f"{', '.join(names[:_FEW])}, ..."
    return joint.join(filter(None, (", ".join(names[:-1]), names[-1])))


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value.isprintable() and value else describe(value)
