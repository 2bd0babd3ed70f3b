"""Independent streams of random numbers: one for each purpose, all derived from (seed, run)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Streams:
    """The streams of one run; drawing from one never moves another.

    Attributes:
        seed: the experiment's `Seed`.
        run: the run's index.
    """

    seed: int
    run: int

    def of(self, name: str) -> int:
        """The seed in [0, 2^63) of the stream called `name`: the first 63 bits of SHA-256 of "seed/run/name"."""
        digest = hashlib.sha256(f"{self.seed}/{self.run}/{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big") >> 1

    @property
    def order(self) -> int:
        """In which order samples come."""
        return self.of("order")

    @property
    def augmentation(self) -> int:
        """Which view of a sample is seen."""
        return self.of("augmentation")

    @property
    def initialisation(self) -> int:
        """What the weights start from."""
        return self.of("initialisation")

    @property
    def dropout(self) -> int:
        """What a network drops while it trains."""
        return self.of("dropout")


@contextmanager
def global_stream(seed: int, device: torch.device) -> Iterator[None]:
    """Makes torch's global generators start from `seed`, and gives them back as they were."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
