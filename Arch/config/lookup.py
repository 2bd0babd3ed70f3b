"""What resolving references needs of a resolver, and the look-up of cached experiments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from Arch.config.config import Config
from Arch.config.json_text import Source
from Arch.config.rules.rules import Rules
from Arch.errors import ConfigError

# Returns the record of the cached experiment whose fingerprint begins so: its active values, references by their
# fingerprints, with the plugins that it was made with and, of a foreign network, the path of its weights.
StoredLookup = Callable[[str], Mapping[str, Any]]


def no_store(prefix: str) -> Mapping[str, Any]:
    """Refuses any look-up: the resolver has no cache.

    Raises:
        ConfigError: always.
    """
    raise ConfigError(f"the experiment {prefix} is named by its fingerprint, and there is no cache to find it in.")


class ConfigResolver(Protocol):
    """The part of `Arch.config.resolve.Resolver` that resolves references."""

    @property
    def rules(self) -> Rules:
        """The rules under which it resolves."""

    @property
    def stored(self) -> StoredLookup:
        """Finds a cached experiment's config by (a prefix of) its fingerprint."""

    @property
    def root(self) -> ConfigResolver | None:
        """The resolver without plugins, where this one has some."""

    @property
    def trusted(self) -> Mapping[str, str]:
        """The plugins of the command for which this process works, with the SHA-256 of each."""

    def load(self, path: Path | str, overrides: Sequence[str] = ()) -> Config:
        """Returns the config in a file."""

    def resolve(
        self,
        raw: Mapping[str, Any],
        folder: Path | None = None,
        source: Source | None = None,
        overrides: Sequence[str] = (),
    ) -> Config:
        """Returns the config that a mapping states."""

    def plugged(self, paths: Sequence[str], recorded: Sequence[str] = ()) -> ConfigResolver:
        """Returns the resolver with further plugins, of which only the record of a cached experiment names some."""

    def nested(self, raw: Mapping[str, Any], folder: Path, source: Source) -> Config:
        """Returns the config that a mapping inside another config states."""

    def derive(self, given: dict[str, Any], folder: Path, source: Source) -> Config:
        """Returns the config of canonical values."""
