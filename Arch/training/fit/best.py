"""The best epoch: which one it is, and its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from Arch.models.imodel import IModel
    from Arch.types import Epoch


class BestEpoch:
    """Keeps the weights of the evaluated epoch with the highest accuracy on one split, the first among equals."""

    def __init__(self, split: str | None) -> None:
        """Takes the split to choose on: "validation", "test" (as older work did), or None to choose nothing."""
        self._split = split
        self._epoch: Epoch | None = None
        self.weights: Mapping[str, Tensor] = {}

    def observe(self, epoch: Epoch, network: IModel) -> None:
        """Sees an evaluated epoch and the network as it was then."""
        if self._split is None or not epoch.test:
            return
        if self._epoch is None or self._accuracy(epoch) > self._accuracy(self._epoch):
            self._epoch = epoch
            self.weights = {key: each.detach().clone() for key, each in network.state_dict().items()}

    def state(self) -> dict[str, Any]:
        """What `load` goes on from."""
        return {"epoch": self._epoch.number if self._epoch else 0, "weights": dict(self.weights)}

    def load(self, state: Mapping[str, Any], epochs: Sequence[Epoch]) -> None:
        """Goes on from a `state`; `epochs` are those so far, from the first."""
        self._epoch = epochs[state["epoch"] - 1] if state["epoch"] else None
        self.weights = state["weights"]

    def scores(self) -> Mapping[str, float]:
        """`best_accuracy` on the test samples at `best_epoch`; `selected_on_test` where that is what chose it."""
        if self._epoch is None:
            return {}
        chosen = {"best_accuracy": self._epoch.test["accuracy"], "best_epoch": float(self._epoch.number)}
        return chosen | ({"selected_on_test": 1.0} if self._split == "test" else {})

    def _accuracy(self, epoch: Epoch) -> float:
        return (epoch.test if self._split == "test" else epoch.validation)["accuracy"]
