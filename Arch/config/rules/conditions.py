"""Conditions of stanzas of the rules file: `K:Params`, `K:a,b:Params`, `K:!a:Params`, `K:a|!L:Params` and the like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from Arch.config.rules.patterns import is_pattern, matches
from Arch.config.rules.schema import Schema
from Arch.config.rules.values import InvalidValueError
from Arch.errors import RulesError, did_you_mean

SUFFIX = ":Params"
_OR = "|"


@dataclass(frozen=True)
class Alternative:
    """One alternative of a condition, over the values of keys.

    Attributes:
        text: as the rules file has it.
        keys: the keys whose values it reads.
        values: the accepted values of the single key; empty if only truth counts.
        needs_all: every key has to be truthy, or the list has to hold every value; otherwise one is enough.
        is_negated: the result is negated.
        is_of_list: the single key's value is a list, which may hold several of the values at once.
    """

    text: str
    keys: tuple[str, ...]
    values: tuple[Any, ...]
    needs_all: bool
    is_negated: bool
    is_of_list: bool = False

    def holds(self, seen: Mapping[str, Any]) -> bool:
        """Returns whether the alternative is true of the values `seen`, by key."""
        if self.values:
            value = seen[self.keys[0]]
            results = (matches(value, wanted) for wanted in self.values)
        else:
            results = (bool(seen[key]) for key in self.keys)
        return (all(results) if self.needs_all else any(results)) != self.is_negated

    def excludes(self, other: Alternative) -> bool:
        """Returns whether the two provably never hold together."""
        if bool(self.values) != bool(other.values) or (self.values and self.keys != other.keys):
            return False
        if self.is_negated and other.is_negated:
            return False
        if self.is_negated or other.is_negated:
            required, refused = (other, self) if self.is_negated else (self, other)
            return _contradicts(required, refused) if self.values else _contradicts_truth(required, refused)
        if self.is_of_list or not self.values:
            return False
        return not any(_may_meet(mine, yours) for mine in self.values for yours in other.values)


@dataclass(frozen=True)
class Condition:
    """The condition that a stanza's name states: it holds when any of its alternatives does.

    Attributes:
        text: as the rules file has it, without `:Params`.
        alternatives: one, or several that `|` separates.
    """

    text: str
    alternatives: tuple[Alternative, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys whose values the alternatives read, each once."""
        return tuple(dict.fromkeys(key for each in self.alternatives for key in each.keys))

    def holds(self, seen: Mapping[str, Any]) -> bool:
        """Returns whether the condition is true of the values `seen`, by key."""
        return any(each.holds(seen) for each in self.alternatives)

    def excludes(self, other: Condition) -> bool:
        """Returns whether the two provably never hold together: no pair of their alternatives can."""
        return all(_excluded(each, other) for each in self.alternatives)

    def refusing(self, choices: Mapping[str, Iterable[str]]) -> Condition:
        """Returns the condition in which "all values of a key but some" excepts further values, by key."""
        alternatives = tuple(
            replace(each, values=(*each.values, *choices.get(each.keys[0], ())))
            if each.is_negated and each.values
            else each
            for each in self.alternatives
        )
        return replace(self, alternatives=alternatives)

    def admitting(self, key: str, value: str, more: Iterable[str]) -> Condition:
        """Returns the condition in which further values of a key count where one value does."""
        alternatives = tuple(
            replace(each, values=(*each.values, *more))
            if each.keys == (key,) and value in each.values and not each.is_negated
            else each
            for each in self.alternatives
        )
        return replace(self, alternatives=alternatives)


def never_together(ones: Sequence[Condition], others: Sequence[Condition]) -> bool:
    """Returns whether all of `ones` and all of `others` provably never hold together.

    That is so where one side has a condition of which each alternative is excluded by some condition of the other side.
    """
    return _refuted(ones, others) or _refuted(others, ones)


def parse_condition(text: str, schemas: Mapping[str, Schema]) -> Condition:
    """Returns the condition that a stanza's name states.

    Args:
        text: the member's name, such as `"Optimizer:Adam,AdamW:Params"` or `"Trainer:KDTrainer|!Flag:Params"`.
        schemas: the schema of every key, so that values are compared in their key's type.

    Raises:
        RulesError: the name does not follow the grammar, names an unknown key, or can never hold. The message has no
            file and line; where the name has several alternatives, it quotes the faulty one.
    """
    if not text.endswith(SUFFIX):
        raise RulesError(f"{text!r} has a colon and so must end in ':Params'.")
    named = text.removesuffix(SUFFIX)
    parts = named.split(_OR)
    try:
        return Condition(named, tuple(_alternative(part, schemas) for part in parts))
    except RulesError as problem:
        raise (RulesError(f"in {text!r}: {problem}") if len(parts) > 1 else problem) from None


def _alternative(named: str, schemas: Mapping[str, Schema]) -> Alternative:
    text = f"{named}{SUFFIX}"
    if named.endswith(SUFFIX):
        raise RulesError(f"':Params' is written once, at the end, and not after the alternative {named!r} too.")
    parts = [part.strip() for part in named.split(":")]
    if len(parts) > 2:
        raise RulesError(f"{text!r} has more than the parts KEY:VALUES:Params; nest stanzas for a further condition.")
    is_negated = parts[-1].startswith("!")
    parts[-1] = parts[-1].removeprefix("!")
    keys, needs_all = _split(parts[0], text)
    for key in keys:
        if key not in schemas:
            hint = did_you_mean(key, schemas)
            raise RulesError(f"the condition {named!r} names the unknown key {key!r}. {hint}".rstrip())
    if len(parts) == 1:
        return Alternative(named, keys, (), needs_all, is_negated)
    if len(keys) > 1:
        raise RulesError(f"{text!r} names several keys and a value; a value belongs to one key.")
    values, needs_all = _split(parts[1], text)
    return _of_values(Alternative(named, keys, values, needs_all, is_negated), schemas[keys[0]])


def _of_values(alternative: Alternative, schema: Schema) -> Alternative:
    """Returns the alternative with its values, so far text, in the type of its key."""
    where = f"the condition {alternative.text!r}"
    try:
        values = tuple(schema.compared(text) for text in alternative.values)
    except InvalidValueError as problem:
        raise RulesError(f"{where} on {alternative.keys[0]}: {problem}") from None
    is_of_list = schema.type in ("ints", "floats", "strs")
    if alternative.needs_all and not is_of_list:
        raise RulesError(f"{where} can never hold: {alternative.keys[0]} is no list.")
    return replace(alternative, values=values, is_of_list=is_of_list)


def _refuted(ones: Sequence[Condition], others: Sequence[Condition]) -> bool:
    """Returns whether each alternative of one of the first conditions is excluded by one of the other conditions."""
    return any(all(any(_excluded(mine, other) for other in others) for mine in one.alternatives) for one in ones)


def _excluded(alternative: Alternative, condition: Condition) -> bool:
    return all(alternative.excludes(each) for each in condition.alternatives)


def _contradicts(required: Alternative, refused: Alternative) -> bool:
    """Returns whether the values that `required` asks for are enough for what the negated `refused` forbids."""
    covered = [any(matches(value, wanted) for wanted in refused.values) for value in required.values]
    if not refused.needs_all:
        return any(covered) if required.needs_all else all(covered)
    return required.needs_all and set(refused.values) <= set(required.values)


def _contradicts_truth(required: Alternative, refused: Alternative) -> bool:
    """Returns whether the truth of the keys of `required` is enough for what the negated `refused` forbids."""
    mine, theirs = set(required.keys), set(refused.keys)
    needs_all = required.needs_all or len(mine) == 1
    if not refused.needs_all:  # one true key is enough for a contradiction
        return not mine.isdisjoint(theirs) if needs_all else mine <= theirs
    return needs_all and mine >= theirs


def _may_meet(one: Any, other: Any) -> bool:
    """Returns whether one value could be both; assumed of two patterns, since any name may fit both."""
    return (is_pattern(one) and is_pattern(other)) or matches(one, other) or matches(other, one)


def _split(text: str, whole: str) -> tuple[tuple[str, ...], bool]:
    if "," in text and ";" in text:
        raise RulesError(f"{whole!r} mixes ',' (one of) and ';' (all of); use one.")
    separator = ";" if ";" in text else ","
    parts = tuple(part.strip() for part in text.split(separator))
    if not all(parts):
        raise RulesError(f"{whole!r} has an empty name or value.")
    if any("!" in part for part in parts):
        raise RulesError(
            f"{whole!r}: '!' negates a whole condition and is written once, "
            "before the values (K:!a,b) or, without values, before the keys (!K)."
        )
    return parts, separator == ";"
