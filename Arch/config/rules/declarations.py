"""What the rules say of one key: where it is declared, under which conditions, and how it names an experiment."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from Arch.config.json_text import Source, Trail
from Arch.config.rules.conditions import Condition
from Arch.config.rules.schema import Schema


@dataclass(frozen=True)
class Declaration:
    """One place where the rules file declares a key.

    Attributes:
        default: in canonical form.
        conditions: all of which have to hold for the declaration to count.
        trail: the way to it in the rules file.
        source: the file, where it is not the rules file itself but a plugin's.
    """

    default: Any
    conditions: tuple[Condition, ...]
    trail: Trail
    source: Source | None = None

    def holds(self, seen: Mapping[str, Any]) -> bool:
        """Whether all conditions are true of the values `seen`."""
        return all(condition.holds(seen) for condition in self.conditions)

    @property
    def when(self) -> str:
        """The conditions in words."""
        return " and ".join(condition.text for condition in self.conditions) or "always"


@dataclass(frozen=True)
class KeyRule:
    """All that the rules file says of one key."""

    name: str
    schema: Schema
    declarations: tuple[Declaration, ...]
    is_option: bool

    @functools.cached_property
    def default(self) -> Any:
        """What conditions see while no declaration holds; of several defaults one that no order of the file changes."""
        return min((each.default for each in self.declarations), key=repr)

    def declared(self, seen: Mapping[str, Any]) -> Declaration | None:
        """The declaration that counts for the values `seen`, or None: the key is switched off."""
        return next((each for each in self.declarations if each.holds(seen)), None)

    def depends_on(self) -> set[str]:
        """The keys that its conditions read."""
        return {key for each in self.declarations for condition in each.conditions for key in condition.keys}


@dataclass(frozen=True)
class ReferenceRule:
    """How a key that names another experiment becomes one.

    Attributes:
        model_key: the key that a bare model's name replaces in this experiment's own config.
        resets: the keys that are then given these values.
    """

    model_key: str
    resets: Mapping[str, Any]
