"""When a stanza of the rules file matters: `K:Params`, `K:a,b:Params`, `K:!a:Params` and their kin."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from Arch.errors import RulesError

_SUFFIX = ":Params"


@dataclass(frozen=True)
class Condition:
    """One condition over the values of keys.

    Attributes:
        text: as the rules file has it, without `:Params`.
        keys: the keys whose values it reads.
        values: what the single key's value has to be, or empty where truth alone counts.
        needs_all: every key has to be truthy, or the list has to hold every value; otherwise one is enough.
        is_negated: the whole is turned round.
    """

    text: str
    keys: tuple[str, ...]
    values: tuple[Any, ...]
    needs_all: bool
    is_negated: bool

    def holds(self, seen: Mapping[str, Any]) -> bool:
        """Whether the condition is true of the values `seen`, by key."""
        if self.values:
            value = seen[self.keys[0]]
            verdicts = (matches(value, wanted) for wanted in self.values)
        else:
            verdicts = (bool(seen[key]) for key in self.keys)
        return (all(verdicts) if self.needs_all else any(verdicts)) != self.is_negated

    def excludes(self, other: Condition) -> bool:
        """Whether the two can be seen never to hold together: the same single key with disjoint values."""
        if len(self.keys) != 1 or self.keys != other.keys:
            return False
        if self.text.lstrip("!") == other.text.lstrip("!"):
            return self.is_negated != other.is_negated
        if self.is_negated or other.is_negated:
            kept, refused = (other, self) if self.is_negated else (self, other)
            return not kept.is_negated and bool(kept.values) and set(kept.values) <= set(refused.values)
        has_pattern = any(is_pattern(value) for value in (*self.values, *other.values))
        return bool(self.values and other.values) and not has_pattern and not set(self.values) & set(other.values)


def parse_condition(text: str, where: str) -> Condition:
    """The condition that a stanza's name states.

    Args:
        text: the member's name, such as `"Optimizer:Adam,AdamW:Params"`.
        where: `file:line: `, put before error messages.

    Raises:
        RulesError: the name is outside the grammar.
    """
    if not text.endswith(_SUFFIX):
        raise RulesError(f"{where}{text!r} has a colon and so must end in ':Params'.")
    parts = [part.strip() for part in text.removesuffix(_SUFFIX).split(":")]
    if len(parts) > 2:
        raise RulesError(
            f"{where}{text!r} has more than the parts KEY:VALUES:Params; nest stanzas for a further condition."
        )
    is_negated = parts[-1].startswith("!")
    names, needs_all_names = _split(parts[0].lstrip("!") if len(parts) == 1 else parts[0], text, where)
    if len(parts) == 1:
        return Condition(text.removesuffix(_SUFFIX), names, (), needs_all_names, is_negated)
    if len(names) > 1:
        raise RulesError(f"{where}{text!r} names several keys and a value; a value belongs to one key.")
    values, needs_all = _split(parts[1].removeprefix("!"), text, where)
    return Condition(text.removesuffix(_SUFFIX), names, values, needs_all, is_negated)


def matches(value: Any, wanted: Any) -> bool:
    """Whether a config's value is the `wanted` one: whole and of its type, a list by its elements, `*` as a pattern."""
    if isinstance(value, (list, tuple)):
        return any(matches(element, wanted) for element in value)
    if isinstance(value, str):
        return fnmatch.fnmatchcase(value, wanted) if is_pattern(wanted) else value == wanted
    return value is wanted if isinstance(value, bool) or isinstance(wanted, bool) else value == wanted


def is_pattern(value: Any) -> bool:
    """Whether a value of the rules file stands for a family."""
    return isinstance(value, str) and "*" in value


def typed(text: str, like: object) -> Any:
    """A condition's value, written as text, in the type of the key's default (or of its elements).

    Raises:
        ValueError: the text is not of that type.
    """
    if isinstance(like, (str, list)):
        return text
    value = json.loads(text)
    if isinstance(value, bool) != isinstance(like, bool) or not isinstance(value, (int, float)):
        raise ValueError(text)
    return value


def _split(text: str, whole: str, where: str) -> tuple[tuple[str, ...], bool]:
    if "," in text and ";" in text:
        raise RulesError(f"{where}{whole!r} mixes ',' (one of) and ';' (all of); use one.")
    separator = ";" if ";" in text else ","
    parts = tuple(part.strip() for part in text.split(separator))
    if not all(parts):
        raise RulesError(f"{where}{whole!r} has an empty name or value.")
    if any("!" in part for part in parts):
        raise RulesError(f"{where}{whole!r}: '!' negates a whole condition and stands once, at its start.")
    return parts, separator == ";"
