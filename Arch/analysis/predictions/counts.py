"""Sums over predictions, batch by batch, from which accuracy, calibration and confusion follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from Arch.analysis.predictions.prediction import CALIBRATION_BINS
from Arch.errors import ShapeError

TOP = 5


class ConfidenceBins:
    """Counts of predictions by confidence, in M equal-width bins ((m-1)/M, m/M].

    Attributes:
        count: predictions in each bin, int64 `(M,)`.

    Source: Guo et al., ICML 2017 (arXiv 1706.04599), section 2 (reliability diagrams) and equation 3.
    """

    def __init__(self, bins: int, device: torch.device) -> None:
        """Takes the number of bins M >= 1."""
        self.count = torch.zeros(bins, dtype=torch.int64, device=device)
        self._sums = torch.zeros(bins, 2, dtype=torch.float64, device=device)  # confidences, right ones
        self._edges = torch.arange(1, bins, device=device, dtype=torch.float64) / bins

    def add(self, confidence: Tensor, is_right: Tensor) -> None:
        """Adds predictions: confidences in float64 `(B,)`, and whether each is right `(B,)`."""
        members = F.one_hot(torch.bucketize(confidence, self._edges), len(self.count))
        self.count += members.sum(dim=0)
        self._sums += members.double().T @ torch.stack([confidence, is_right.double()], dim=1)

    def confidence(self) -> Tensor:
        """The mean confidence in each bin `(M,)`; NaN in an empty one."""
        return self._sums[:, 0] / self.count

    def accuracy(self) -> Tensor:
        """The share of right predictions in each bin `(M,)`; NaN in an empty one."""
        return self._sums[:, 1] / self.count

    def calibration_error(self) -> Tensor:
        """The expected calibration error, a scalar in [0, 1]: sum_m |sum over B_m of (is right - confidence)| / N."""
        return (self._sums[:, 1] - self._sums[:, 0]).abs().sum() / self.count.sum()

    def state(self) -> dict[str, Any]:
        """The sums so far, from which `load` continues."""
        return {"count": self.count, "sums": self._sums}

    def load(self, state: Mapping[str, Any]) -> None:
        """Continues from a `state`; raises RuntimeError if it has another number of bins."""
        self.count.copy_(state["count"])
        self._sums.copy_(state["sums"])


class PredictionCounts:
    """Counts of the predictions of a split; sums are float64 or int64 and stay on the device.

    Attributes:
        classes: K.
        confusion: int64 `(K, K)`, samples by label and predicted class.
        bins: predictions by confidence.
    """

    def __init__(self, classes: int, device: torch.device, bins: int = CALIBRATION_BINS) -> None:
        """Takes the number of classes, where predictions come from, and the number of confidence bins."""
        self.classes = classes
        self.confusion = torch.zeros(classes, classes, dtype=torch.int64, device=device)
        self.bins = ConfidenceBins(bins, device)
        self._sums = torch.zeros(3, dtype=torch.float64, device=device)  # NLLs, Brier scores, top 5

    def add(self, logits: Tensor, labels: Tensor) -> None:
        """Adds a batch.

        Args:
            logits: `(B, K)`; of equal highest logits the first class counts as predicted.
            labels: `(B,)` int64 in [0, K).

        Raises:
            ShapeError: the shapes do not belong together.
        """
        if logits.shape != (len(labels), self.classes):
            raise ShapeError(f"logits must be ({len(labels)}, {self.classes}); they are {tuple(logits.shape)}.")
        logits = logits.double()
        chances = F.softmax(logits, dim=1)
        confidence, predicted = chances.max(dim=1)
        predicted = logits.argmax(dim=1)
        ones = torch.ones_like(labels)
        self.confusion.view(-1).index_add_(0, labels * self.classes + predicted, ones)
        self.bins.add(confidence, predicted == labels)
        nll = F.cross_entropy(logits, labels, reduction="sum")
        brier = (chances - F.one_hot(labels, self.classes)).square().sum()
        self._sums += torch.stack([nll, brier, (_rank(logits, labels) < TOP).sum()])

    def class_accuracy(self) -> Tensor:
        """The share of each class that is predicted right `(K,)`; NaN for a class without samples."""
        return self.confusion.diagonal().double() / self.confusion.sum(dim=1)

    def scores(self) -> dict[str, float]:
        """Means over all samples; waits for the device.

        Returns:
            `accuracy`; `top5_accuracy` where there are more than five classes; `nll`, in nats per sample; `brier`, in
            [0, 2]: mean_n sum_k (p_k - 1[k = label])^2 (Brier 1950); `ece`, in [0, 1].
        """
        samples = self.confusion.sum().double()
        nll, brier, top = (self._sums / samples).tolist()
        found = {"accuracy": float(self.confusion.diagonal().sum() / samples)}
        if self.classes > TOP:
            found["top5_accuracy"] = top
        return {**found, "nll": nll, "brier": brier, "ece": float(self.bins.calibration_error())}

    def state(self) -> dict[str, Any]:
        """The sums so far, from which `load` continues."""
        return {"confusion": self.confusion, "bins": self.bins.state(), "sums": self._sums}

    def load(self, state: Mapping[str, Any]) -> None:
        """Continues from a `state`; raises RuntimeError if it has other classes or bins."""
        self.confusion.copy_(state["confusion"])
        self.bins.load(state["bins"])
        self._sums.copy_(state["sums"])


def _rank(logits: Tensor, labels: Tensor) -> Tensor:
    """The place of each label among the logits `(B,)`, from 0; of equal logits the first class comes first."""
    own = logits.gather(1, labels[:, None])
    is_before = torch.arange(logits.shape[1], device=logits.device) < labels[:, None]
    return ((logits > own) | ((logits == own) & is_before)).sum(dim=1)
