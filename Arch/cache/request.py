"""What the cache has to know of a config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Request(Protocol):
    """An experiment that someone asks for; a resolved config is one."""

    @property
    def fingerprint(self) -> str:
        """The experiment's name: 32 hex digits."""

    @property
    def active(self) -> Mapping[str, Any]:
        """The keys that matter with their values, references as fingerprints."""

    @property
    def versions(self) -> Mapping[str, int | str]:
        """The present version of each component that it uses, by key."""

    def default_of(self, key: str) -> Any:
        """What an active key would be if nobody gave it."""

    def document(self) -> Mapping[str, Any]:
        """What the entry's `Config.json` is to hold."""
