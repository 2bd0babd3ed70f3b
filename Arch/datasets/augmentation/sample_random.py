"""What chance decides about the samples of a batch: each number a pure function of (seed, epoch, sample)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from Arch.datasets.hashing import BITS, hash32, uniform_below


@dataclass(frozen=True, eq=False)
class SampleRandom:
    """Random numbers for some samples in one epoch, on the samples' device; drawing one never changes another.

    Attributes:
        samples: int64 `(B,)`, indices in the training split, below 2^28.
        seed: of the run's stream for augmentation.
        epoch: any numbering.
    """

    samples: Tensor
    seed: int
    epoch: int

    def below(self, limit: int, *purpose: str | int) -> Tensor:
        """Integers `(B,)` uniform in [0, `limit`)."""
        return uniform_below(limit, self.samples, *purpose, self.seed, self.epoch)

    def uniform(self, *purpose: str | int) -> Tensor:
        """Numbers `(B,)` uniform in (0, 1), the middles of 2^32 equal steps: float64, so that no device rounds them."""
        return _middles(hash32(self.samples, *purpose, self.seed, self.epoch))

    def tries(self, count: int, *purpose: str | int) -> Tensor:
        """`count` at most 16 independent numbers `(B, count)` for each sample, each as `uniform`."""
        counters = self.samples[:, None] * 16 + torch.arange(count, device=self.samples.device)
        return _middles(hash32(counters, *purpose, self.seed, self.epoch))


def _middles(hashes: Tensor) -> Tensor:
    return (hashes.double() + 0.5) / (1 << BITS)
