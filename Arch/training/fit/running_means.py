"""What an epoch's batches showed so far, summed on the device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor


class RunningMeans:
    """Sums over samples, which stay on the device until the epoch's means are asked for.

    Attributes:
        names: of the numbers, in the order in which they come.
        batches: how many were added.
    """

    def __init__(self, names: Sequence[str], device: torch.device) -> None:
        """Takes the numbers' names and where they come from."""
        self.names, self.batches, self._samples = tuple(names), 0, 0
        self._sums = torch.zeros(len(self.names), dtype=torch.float64, device=device)

    def add(self, means: Tensor, samples: int) -> None:
        """Adds a batch's means, one for each name, on the device."""
        self._sums += means * samples
        self._samples += samples
        self.batches += 1

    def means(self) -> Mapping[str, float]:
        """The means over all samples; waits for the device."""
        return dict(zip(self.names, (self._sums / self._samples).tolist(), strict=True))

    def state(self) -> dict[str, Any]:
        """What `load` goes on from."""
        return {"sums": self._sums, "samples": self._samples, "batches": self.batches}

    def load(self, state: Mapping[str, Any]) -> None:
        """Goes on from a `state`; raises RuntimeError if it is of other numbers."""
        self._sums.copy_(state["sums"])
        self._samples, self.batches = int(state["samples"]), int(state["batches"])
