"""Returns whether an experiment has the value that a `Key=Value` word asks for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self

from Arch.config.config import Config
from Arch.config.foreign import ForeignNetwork
from Arch.config.overrides import filter_of
from Arch.config.rules.rules import Rules


@dataclass(frozen=True)
class Condition:
    """A key and the value that it has to have.

    Attributes:
        word: the `Key=Value` word as it was typed.
        key: the key, by its name in the rules.
        value: the canonical value.
    """

    word: str
    key: str
    value: Any

    @classmethod
    def of(cls, rules: Rules, word: str) -> Self:
        """Returns the condition that a `Key=Value` word states.

        Raises:
            ArchError: the rules have no such key, or the key cannot have such a value.
        """
        return cls(word, *filter_of(rules, word))

    def holds(self, config: Config) -> bool:
        """Returns whether a config has the value; a reference matches by its network's name and its fingerprint."""
        reference = config.references.get(self.key)
        return self.holds_among(config.active, {} if reference is None else {self.key: _names_of(reference)})

    def holds_among(self, active: Mapping[str, Any], references: Mapping[str, Collection[Any]]) -> bool:
        """Returns whether one of these experiments' values is the value.

        Args:
            active: the values by key.
            references: the names by which each reference is matched, by key.
        """
        if self.key in references:
            return self.value in references[self.key]
        return self.key in active and bool(active[self.key] == self.value)


def _names_of(reference: Config | ForeignNetwork) -> tuple[Any, str]:
    if isinstance(reference, ForeignNetwork):
        return reference.title, reference.fingerprint
    return reference.active.get("Model"), reference.fingerprint
