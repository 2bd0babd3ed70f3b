"""Foreign networks: of another library or in a file of weights, not trained by an experiment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from Arch.config.identity import without_defaults
from Arch.errors import ConfigError

NETWORK, DIGEST, SEED, PLACE = "Network", "Digest", "Seed", "Place"
WEIGHTS_DIGEST = "WeightsDigest"  # of published weights: a field of the entry's Config.json, written at their first use
TRAINER = "Trainer"  # every experiment has one, and no foreign network


@dataclass(frozen=True)
class ForeignSource:
    """The source of a foreign network.

    Attributes:
        model: the network's name.
        weights: the name of its published weights; empty for weights in a file, and for random ones.
        place: the file of the weights.
        digest: SHA-256 of that file.
        seed: the seed of random weights.
        parameters: the keys that say how the network is built, with their values.
        defaults: the defaults of these keys.
    """

    model: str
    weights: str = ""
    place: Path | None = None
    digest: str = ""
    seed: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def active(self) -> Mapping[str, Any]:
        """All keys that say what the network is, with their values."""
        known = {NETWORK: f"{self.model}@{self.weights}" if self.weights else self.model}
        known |= {DIGEST: self.digest} if self.digest else {}
        return known | ({SEED: self.seed} if self.is_random and self.seed else {}) | dict(self.parameters)

    @property
    def named(self) -> Mapping[str, Any]:
        """The values from which its fingerprint is computed: parameters only if they differ from their defaults."""
        return without_defaults(self.active, self.defaults)

    @property
    def is_random(self) -> bool:
        """Whether its weights are random."""
        return not (self.weights or self.digest)

    @property
    def title(self) -> str:
        """Its name for people."""
        return f"{self.model}@{self.place.name}" if self.place else str(self.active[NETWORK])


@dataclass(frozen=True)
class ForeignNetwork:
    """A reference that has a fingerprint but no experiment that could be trained; its cache entry has no runs.

    Attributes:
        title: the source of a foreign network, or the beginning of an experiment's fingerprint.
        fingerprint: the fingerprint of the source and, for a file, its digest; or the experiment's.
        obstacle: why it cannot be used; empty if it can.
        source: where it comes from, if it can be used.
    """

    title: str
    fingerprint: str
    obstacle: str = ""
    source: ForeignSource | None = None

    @property
    def active(self) -> Mapping[str, Any]:
        """Its active keys with their values, as its cache entry has them."""
        return self.source.active if self.source else {}

    @property
    def versions(self) -> Mapping[str, int | str]:
        """No versions: no registered component makes it."""
        return {}

    def default_of(self, key: str) -> Any:
        """Returns the default of a key that says how it is built, or None for other keys."""
        return self.source.defaults.get(key) if self.source else None

    def document(self) -> dict[str, Any]:
        """Returns the content of its entry's Config.json."""
        defaults = self.source.defaults if self.source else {}
        place = {PLACE: str(self.source.place)} if self.source and self.source.place else {}
        about = {"Fingerprint": self.fingerprint, "Title": self.title}
        return {**about, "Active": dict(self.active), "Defaults": dict(defaults), "References": {}, **place}


def is_foreign(active: Mapping[str, Any]) -> bool:
    """Returns whether the active values of a cache entry are those of a foreign network."""
    return NETWORK in active and TRAINER not in active


def _seed_in(active: Mapping[str, Any]) -> int:
    seed = active.get(SEED, 0)
    if type(seed) is not int:
        raise ConfigError(f"the seed of the network {active[NETWORK]} is {str(seed)[:40]!r}, which is no whole number.")
    return seed


def source_of(active: Mapping[str, Any], defaults: Mapping[str, Any]) -> ForeignSource:
    """Returns the source of the foreign network in a cache entry.

    Args:
        active: the entry's `Active`, with the file's `Place`.
        defaults: the present ones of the keys that say how the network is built.

    Raises:
        ConfigError: its seed is no number.
    """
    name, _, weights = str(active[NETWORK]).partition("@")
    place, others = active.get(PLACE), (NETWORK, DIGEST, SEED, PLACE)
    return ForeignSource(
        name,
        weights,
        Path(place) if place else None,
        str(active.get(DIGEST, "")),
        _seed_in(active),
        {key: value for key, value in active.items() if key not in others},
        defaults,
    )
