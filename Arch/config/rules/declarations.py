"""Declarations of one key: its defaults, the conditions under which it counts, and how it refers to an experiment."""

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
        conditions: the declaration counts when all of them hold.
        trail: the path to it in the document.
        source: the plugin's file that has it; None for the rules file itself.
    """

    default: Any
    conditions: tuple[Condition, ...]
    trail: Trail
    source: Source | None = None

    def holds(self, seen: Mapping[str, Any]) -> bool:
        """Returns whether all conditions are true of the values `seen`, by key."""
        return all(condition.holds(seen) for condition in self.conditions)

    @property
    def when(self) -> str:
        """The conditions as text, such as `Model:MLP and !BatchNorm`."""
        return " and ".join(condition.text for condition in self.conditions) or "always"


@dataclass(frozen=True)
class KeyRule:
    """One key: its schema and all places that declare it."""

    name: str
    schema: Schema
    declarations: tuple[Declaration, ...]
    is_option: bool

    @functools.cached_property
    def default(self) -> Any:
        """The value that conditions read while the key is switched off.

        Of several defaults the smallest by repr, so that the order of the rules file does not matter.
        """
        return min((each.default for each in self.declarations), key=repr)

    def declared(self, seen: Mapping[str, Any]) -> Declaration | None:
        """Returns the declaration that holds for the values `seen`, or None: the key is switched off."""
        return next((each for each in self.declarations if each.holds(seen)), None)

    def depends_on(self) -> set[str]:
        """Returns the keys that its conditions read."""
        return {key for each in self.declarations for condition in each.conditions for key in condition.keys}


@dataclass(frozen=True)
class ReferenceRule:
    """The rule by which a key refers to another experiment.

    Attributes:
        model_key: where the value is only a model's name, it is this config with that name under this key ...
        resets: ... and with these values, by key.
        version: of how a network is used that brings normalisation constants of its own, from 1.
        needs_weights: whether a network of another library has to come with the name of its weights.
    """

    model_key: str
    resets: Mapping[str, Any]
    version: int = 1
    needs_weights: bool = False

    @property
    def study(self) -> Mapping[str, Any]:
        """The part of `resets` that says which kind of study trains what is referred to."""
        return {key: value for key, value in self.resets.items() if key == "Trainer"}
