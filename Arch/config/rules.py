"""The rules file, parsed once: every key, its defaults, and the conditions under which it matters."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from Arch.config.names import field_name

if TYPE_CHECKING:
    from pathlib import Path

    from Arch.config.conditions import Condition
    from Arch.config.schema import Schema


@dataclass(frozen=True)
class Declaration:
    """One place where the rules file declares a key.

    Attributes:
        default: in canonical form.
        conditions: all of which have to hold for the declaration to count.
        line: in the rules file.
    """

    default: Any
    conditions: tuple[Condition, ...]
    line: int

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

    @property
    def default(self) -> Any:
        """The default of the first declaration, which stands while none holds."""
        return self.declarations[0].default

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


@dataclass(frozen=True)
class Rules:
    """The rules of identity.

    Attributes:
        path: the rules file.
        keys: every key, in an order in which conditions only read keys that come before.
        aliases: other spellings of keys.
        retired: keys that old configs carry and nothing reads, with the reason.
        references: for the keys of the type `reference`.
    """

    path: Path
    keys: Mapping[str, KeyRule]
    aliases: Mapping[str, str]
    retired: Mapping[str, str]
    references: Mapping[str, ReferenceRule]

    def known(self) -> Iterable[str]:
        """Every name that a config may carry."""
        return (*self.keys, *self.aliases, *self.retired)

    @functools.cached_property
    def key_by_field(self) -> Mapping[str, str]:
        """The key of each snake_case name."""
        return {field_name(key): key for key in self.keys}
