"""Random numbers for the samples of a batch: each is a pure function of (seed, epoch, sample)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from Arch.datasets.hashing import BITS, hash32, uniform_below


@dataclass(frozen=True, eq=False)
class SampleRandom:
    """Per-sample random numbers of one epoch, on the device of the samples, independent of the order of calls.

    Attributes:
        samples: int64 `(B,)`, indices in the training split, below 2^28.
        seed: the seed of the run's stream for augmentation.
        epoch: any numbering.
    """

    samples: Tensor
    seed: int
    epoch: int

    def below(self, limit: int, *purpose: str | int) -> Tensor:
        """Returns integers `(B,)` uniform in [0, `limit`)."""
        return uniform_below(limit, self.samples, *purpose, self.seed, self.epoch)

    def uniform(self, *purpose: str | int) -> Tensor:
        """Returns numbers `(B,)` uniform in (0, 1), the midpoints of 2^32 steps: float64, exact on every device."""
        return _middles(hash32(self.samples, *purpose, self.seed, self.epoch))

    def tries(self, count: int, *purpose: str | int) -> Tensor:
        """Returns `count`, at most 16, independent numbers for each sample, `(B, count)`, each as `uniform`."""
        counters = self.samples[:, None] * 16 + torch.arange(count, device=self.samples.device)
        return _middles(hash32(counters, *purpose, self.seed, self.epoch))


def _middles(hashes: Tensor) -> Tensor:
    return (hashes.double() + 0.5) / (1 << BITS)
