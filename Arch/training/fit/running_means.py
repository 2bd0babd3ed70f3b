"""Running means over the batches of an epoch, summed on the device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor


class RunningMeans:
    """Means over samples, whose sums stay on the device until they are read.

    Attributes:
        names: the names of the values, in order.
        batches: the number of batches that were added.
    """

    def __init__(self, names: Sequence[str], device: torch.device) -> None:
        """Takes the names of the values and their device."""
        self.names, self.batches, self._samples = tuple(names), 0, 0
        self._sums = torch.zeros(len(self.names), dtype=torch.float64, device=device)

    def add(self, means: Tensor, samples: int) -> None:
        """Adds the means of a batch `(M,)`, one for each name, on the device."""
        self._sums += means * samples
        self._samples += samples
        self.batches += 1

    def means(self) -> Mapping[str, float]:
        """Returns the means over all samples; synchronises with the device."""
        return dict(zip(self.names, (self._sums / self._samples).tolist(), strict=True))

    def state(self) -> dict[str, Any]:
        """Returns the state that `load` restores."""
        return {"sums": self._sums, "samples": self._samples, "batches": self.batches}

    def load(self, state: Mapping[str, Any]) -> None:
        """Restores a `state`; raises RuntimeError if it has another number of values."""
        self._sums.copy_(state["sums"])
        self._samples, self.batches = int(state["samples"]), int(state["batches"])
