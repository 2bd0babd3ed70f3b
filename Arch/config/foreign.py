"""Networks that no experiment here trained: of another library, or in a file of weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NETWORK, DIGEST, SEED, PLACE = "Network", "Digest", "Seed", "Place"
TRAINER = "Trainer"  # every experiment has one, and no foreign network


@dataclass(frozen=True)
class ForeignSource:
    """Where a network from elsewhere comes from.

    Attributes:
        model: the network's name.
        weights: the name of its published weights; empty for weights in a file, and for random ones.
        place: the file of the weights, wherever it lies.
        digest: SHA-256 of that file.
        seed: what random weights are drawn from.
        parameters: the keys that say how the network is built, with their values.
        defaults: what these keys are where nobody says otherwise.
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
        """All that the network is made of, as keys and values."""
        known = {NETWORK: f"{self.model}@{self.weights}" if self.weights else self.model}
        known |= {DIGEST: self.digest} if self.digest else {}
        return known | ({SEED: self.seed} if self.is_random and self.seed else {}) | dict(self.parameters)

    @property
    def named(self) -> Mapping[str, Any]:
        """What its fingerprint is made of: the parameters only where they are not their defaults."""
        defaults = self.defaults
        return {key: value for key, value in self.active.items() if key not in defaults or value != defaults[key]}

    @property
    def is_random(self) -> bool:
        """Whether it was never trained."""
        return not (self.weights or self.digest)

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.model}@{self.place.name}" if self.place else str(self.active[NETWORK])


@dataclass(frozen=True)
class ForeignNetwork:
    """A reference to what has an identity but was not trained by a known experiment; its cache entry has no runs.

    Attributes:
        title: the source of a network from elsewhere, or the beginning of an experiment's fingerprint.
        fingerprint: of the source and, for a file, its digest; or the experiment's.
        obstacle: why nothing can be learned from it; empty where something can.
        source: where it comes from, if something can be learned from it.
    """

    title: str
    fingerprint: str
    obstacle: str = ""
    source: ForeignSource | None = None

    @property
    def active(self) -> Mapping[str, Any]:
        """What its cache entry says of it."""
        return self.source.active if self.source else {}

    @property
    def versions(self) -> Mapping[str, int | str]:
        """None of our components makes it."""
        return {}

    def default_of(self, key: str) -> Any:
        """The default of a key that says how it is built; others have none."""
        return self.source.defaults.get(key) if self.source else None

    def document(self) -> dict[str, Any]:
        """What its entry's Config.json holds."""
        defaults = self.source.defaults if self.source else {}
        place = {PLACE: str(self.source.place)} if self.source and self.source.place else {}
        about = {"Fingerprint": self.fingerprint, "Title": self.title}
        return {**about, "Active": dict(self.active), "Defaults": dict(defaults), "References": {}, **place}


def is_foreign(active: Mapping[str, Any]) -> bool:
    """Whether the active values of a cache entry are those of a network from elsewhere."""
    return NETWORK in active and TRAINER not in active


def source_of(active: Mapping[str, Any], defaults: Mapping[str, Any]) -> ForeignSource:
    """The source that a cache entry tells of.

    Args:
        active: what its `Active` says, with the file's `Place`.
        defaults: today's, of the keys that say how the network is built.
    """
    name, _, weights = str(active[NETWORK]).partition("@")
    place, others = active.get(PLACE), (NETWORK, DIGEST, SEED, PLACE)
    return ForeignSource(
        name,
        weights,
        Path(place) if place else None,
        str(active.get(DIGEST, "")),
        int(active.get(SEED, 0)),
        {key: value for key, value in active.items() if key not in others},
        defaults,
    )
