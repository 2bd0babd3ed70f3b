"""Declares the properties of a config that the cache reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Request(Protocol):
    """A requested experiment; a resolved config is one."""

    @property
    def fingerprint(self) -> str:
        """The experiment's fingerprint: 32 hex digits."""

    @property
    def active(self) -> Mapping[str, Any]:
        """The active keys with their values, references as fingerprints."""

    @property
    def versions(self) -> Mapping[str, int | str]:
        """The present version of each component that it uses, by key."""

    def default_of(self, key: str) -> Any:
        """Returns the default of an active key."""

    def document(self) -> Mapping[str, Any]:
        """Returns the content for the entry's `Config.json`."""
