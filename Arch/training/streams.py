"""Independent random streams, one for each purpose, derived from (seed, run)."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

NEW_PROCESS = 67280421310721  # the seed of torch's generator in a new process


@dataclass(frozen=True)
class Streams:
    """The random streams of one run; drawing from one does not advance another.

    Attributes:
        seed: the experiment's `Seed`.
        run: the run's index.
    """

    seed: int
    run: int

    def of(self, name: str) -> int:
        """Returns the seed in [0, 2^63) of the stream `name`: the first 63 bits of SHA-256 of "seed/run/name"."""
        digest = hashlib.sha256(f"{self.seed}/{self.run}/{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big") >> 1

    @property
    def order(self) -> int:
        """The seed of the order of the samples."""
        return self.of("order")

    @property
    def augmentation(self) -> int:
        """The seed of the views of the samples."""
        return self.of("augmentation")

    @property
    def initialisation(self) -> int:
        """The seed of the initial weights."""
        return self.of("initialisation")

    @property
    def dropout(self) -> int:
        """The seed of dropout."""
        return self.of("dropout")


@contextmanager
def global_stream(seed: int, device: torch.device) -> Iterator[None]:
    """Seeds the global generators of torch, Python and numpy with `seed`, and restores their states afterwards.

    Of the GPUs only `device` is concerned: `torch.manual_seed` would reseed all, and the others' states would be lost.
    """
    before = random.getstate(), np.random.get_state()  # noqa: NPY002 - a user's own loss may draw from it
    try:
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.default_generator.manual_seed(seed)
            if device.type == "cuda":
                with torch.cuda.device(device):
                    torch.cuda.manual_seed(seed)
            random.seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002
            yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002


def generator_states(device: torch.device) -> dict[str, Any]:
    """Returns the states of the global generators, as plain values and tensors."""
    state: Any = np.random.get_state(legacy=True)  # noqa: NPY002
    name, keys, *rest = state
    return {
        "python": random.getstate(),
        "numpy": (name, keys.tolist(), *rest),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
    }


def set_generators(states: Mapping[str, Any], device: torch.device) -> None:
    """Restores the states of the global generators; that of a GPU does not change if `states` has none."""
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])  # noqa: NPY002
    torch.set_rng_state(states["torch"])
    if states["cuda"] is not None and device.type == "cuda":
        torch.cuda.set_rng_state(states["cuda"], device)
