"""Chooses the best epoch and keeps its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from Arch.models.imodel import IModel
from Arch.types import Epoch


class BestEpoch:
    """Keeps the weights of the evaluated epoch with the highest headline score on one split, the first among equals."""

    def __init__(self, split: str | None, headline: str = "accuracy") -> None:
        """Takes the split and the score that choose.

        Args:
            split: "validation"; "test", as older work did; None chooses nothing.
            headline: the name of the score.
        """
        self._split, self._headline = split, headline
        self._epoch: Epoch | None = None
        self.weights: Mapping[str, Tensor] = {}

    def observe(self, epoch: Epoch, network: IModel) -> None:
        """Compares an epoch with the best so far, and keeps the network's weights if it is better."""
        if self._split is None or self._headline not in epoch.test:
            return
        if self._epoch is None or self._score(epoch) > self._score(self._epoch):
            self._epoch = epoch
            self.weights = {key: each.detach().clone() for key, each in network.state_dict().items()}

    def state(self) -> dict[str, Any]:
        """Returns the state that `load` restores."""
        return {"epoch": self._epoch.number if self._epoch else 0, "weights": dict(self.weights)}

    def load(self, state: Mapping[str, Any], epochs: Sequence[Epoch]) -> None:
        """Restores a `state`; `epochs` are all epochs so far."""
        self._epoch = epochs[state["epoch"] - 1] if state["epoch"] else None
        self.weights = state["weights"]

    def scores(self) -> Mapping[str, float]:
        """Returns the best epoch's score on the test split as `best_NAME` (`best_accuracy`), and `best_epoch`.

        `selected_on_test` is 1 where the test split chose the epoch.
        """
        if self._epoch is None:
            return {}
        chosen = {f"best_{self._headline}": self._epoch.test[self._headline], "best_epoch": float(self._epoch.number)}
        return chosen | ({"selected_on_test": 1.0} if self._split == "test" else {})

    def _score(self, epoch: Epoch) -> float:
        return (epoch.test if self._split == "test" else epoch.validation)[self._headline]
