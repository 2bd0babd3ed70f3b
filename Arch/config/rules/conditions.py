"""When a stanza of the rules file matters: `K:Params`, `K:a,b:Params`, `K:!a:Params` and their kin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from Arch.config.rules.patterns import is_pattern, matches
from Arch.config.rules.schema import Schema
from Arch.config.rules.values import UnfitValueError
from Arch.errors import RulesError, did_you_mean

SUFFIX = ":Params"


@dataclass(frozen=True)
class Condition:
    """One condition over the values of keys.

    Attributes:
        text: as the rules file has it, without `:Params`.
        keys: the keys whose values it reads.
        values: what the single key's value has to be, or empty where truth alone counts.
        needs_all: every key has to be truthy, or the list has to hold every value; otherwise one is enough.
        is_negated: the whole is turned round.
        is_of_list: the single key's value is a list, which may hold several of the values at once.
    """

    text: str
    keys: tuple[str, ...]
    values: tuple[Any, ...]
    needs_all: bool
    is_negated: bool
    is_of_list: bool = False

    def holds(self, seen: Mapping[str, Any]) -> bool:
        """Whether the condition is true of the values `seen`, by key."""
        if self.values:
            value = seen[self.keys[0]]
            verdicts = (matches(value, wanted) for wanted in self.values)
        else:
            verdicts = (bool(seen[key]) for key in self.keys)
        return (all(verdicts) if self.needs_all else any(verdicts)) != self.is_negated

    def excludes(self, other: Condition) -> bool:
        """Whether the two can be seen never to hold together."""
        if self.keys != other.keys or bool(self.values) != bool(other.values):
            return False
        if self.is_negated and other.is_negated:
            return False
        if self.is_negated or other.is_negated:
            kept, refused = (other, self) if self.is_negated else (self, other)
            return _contradicts(kept, refused)
        if self.is_of_list or not self.values:
            return False
        return not any(_may_meet(mine, yours) for mine in self.values for yours in other.values)


def parse_condition(text: str, schemas: Mapping[str, Schema]) -> Condition:
    """The condition that a stanza's name states.

    Args:
        text: the member's name, such as `"Optimizer:Adam,AdamW:Params"`.
        schemas: of every key, so that values are compared in their key's type.

    Raises:
        RulesError: the name is outside the grammar, names an unknown key, or can never hold; the place is not in it.
    """
    if not text.endswith(SUFFIX):
        raise RulesError(f"{text!r} has a colon and so must end in ':Params'.")
    named = text.removesuffix(SUFFIX)
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
        return Condition(named, keys, (), needs_all, is_negated)
    if len(keys) > 1:
        raise RulesError(f"{text!r} names several keys and a value; a value belongs to one key.")
    values, needs_all = _split(parts[1], text)
    return _of_values(Condition(named, keys, values, needs_all, is_negated), schemas[keys[0]])


def _of_values(condition: Condition, schema: Schema) -> Condition:
    """The condition with its values, so far text, in the type of its key."""
    where = f"the condition {condition.text!r}"
    try:
        values = tuple(schema.compared(text) for text in condition.values)
    except UnfitValueError as problem:
        raise RulesError(f"{where} on {condition.keys[0]}: {problem}") from None
    is_of_list = schema.type in ("ints", "floats", "strs")
    if condition.needs_all and not is_of_list:
        raise RulesError(f"{where} can never hold: {condition.keys[0]} is no list.")
    return replace(condition, values=values, is_of_list=is_of_list)


def _contradicts(kept: Condition, refused: Condition) -> bool:
    """Whether what `kept` asks for is enough for what the negated `refused` forbids, both of the same keys."""
    if not kept.values:
        return kept.needs_all or not refused.needs_all
    covered = [any(matches(value, wanted) for wanted in refused.values) for value in kept.values]
    if not refused.needs_all:
        return any(covered) if kept.needs_all else all(covered)
    return kept.needs_all and set(refused.values) <= set(kept.values)


def _may_meet(one: Any, other: Any) -> bool:
    """Whether one value could be both; of two families that is not known, so it is said of them."""
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
            f"{whole!r}: '!' turns a whole condition round and stands once, "
            "before the values (K:!a,b) or, without values, before the keys (!K)."
        )
    return parts, separator == ";"
