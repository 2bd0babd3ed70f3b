"""Accumulates sums over batches of predictions, from which accuracy, calibration and confusion are computed."""

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
    """Histogram of predictions by confidence, the highest softmax probability.

    It has M equal-width bins ((m-1)/M, m/M] and, for each, the sums that give its mean confidence and accuracy.

    Attributes:
        count: number of predictions in each bin, int64 `(M,)`.

    Source: Guo et al., ICML 2017 (arXiv 1706.04599), section 2 (reliability diagrams) and equation 3.
    """

    def __init__(self, bins: int, device: torch.device) -> None:
        """Creates `bins` empty bins, M >= 1, on a device."""
        self.count = torch.zeros(bins, dtype=torch.int64, device=device)
        self._sums = torch.zeros(bins, 2, dtype=torch.float64, device=device)  # confidences, correct predictions
        self._edges = torch.arange(1, bins, device=device, dtype=torch.float64) / bins

    def add(self, confidence: Tensor, is_right: Tensor) -> None:
        """Adds a batch of predictions: their confidences, float64 `(B,)`, and whether each is correct, bool `(B,)`."""
        members = F.one_hot(torch.bucketize(confidence, self._edges), len(self.count))
        self.count += members.sum(dim=0)
        self._sums += members.double().T @ torch.stack([confidence, is_right.double()], dim=1)

    def confidence(self) -> Tensor:
        """Returns the mean confidence in each bin, `(M,)`; NaN for an empty bin."""
        return self._sums[:, 0] / self.count

    def accuracy(self) -> Tensor:
        """Returns the fraction of correct predictions in each bin, `(M,)`; NaN for an empty bin."""
        return self._sums[:, 1] / self.count

    def calibration_error(self) -> Tensor:
        """Returns the expected calibration error, a scalar in [0, 1]; NaN before the first batch.

        It is sum_m |sum over B_m of (1[correct] - confidence)| / N, where B_m are the predictions in bin m.
        """
        return (self._sums[:, 1] - self._sums[:, 0]).abs().sum() / self.count.sum()

    def state(self) -> dict[str, Any]:
        """Returns the sums so far, for `load`; the tensors are not copied, so `add` changes them."""
        return {"count": self.count, "sums": self._sums}

    def load(self, state: Mapping[str, Any]) -> None:
        """Replaces the sums by those of a `state`.

        Raises:
            RuntimeError: it has another number of bins; a state with one bin is not detected but broadcast.
        """
        self.count.copy_(state["count"])
        self._sums.copy_(state["sums"])


class PredictionCounts:
    """Accumulates the statistics of the predictions on a split, in float64 or int64 tensors on the device.

    Attributes:
        classes: number of classes K.
        confusion: int64 `(K, K)`, number of samples by label (rows) and predicted class (columns).
        bins: histogram of the predictions by confidence.
    """

    def __init__(self, classes: int, device: torch.device, bins: int = CALIBRATION_BINS) -> None:
        """Takes the number of classes, the device of the logits, and the number of confidence bins."""
        self.classes = classes
        self.confusion = torch.zeros(classes, classes, dtype=torch.int64, device=device)
        self.bins = ConfidenceBins(bins, device)
        self._sums = torch.zeros(3, dtype=torch.float64, device=device)  # NLL, Brier score, labels in the top 5

    def add(self, logits: Tensor, labels: Tensor) -> None:
        """Adds a batch.

        Args:
            logits: `(B, K)`; if several logits are the highest, the class with the lowest index is the prediction.
            labels: `(B,)` int64 in [0, K).

        Raises:
            ShapeError: the logits are not `(B, K)`, where B is the number of labels.
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
        """Returns the fraction of each class's samples that is predicted correctly, `(K,)`; NaN without samples."""
        return self.confusion.diagonal().double() / self.confusion.sum(dim=1)

    def scores(self) -> dict[str, float]:
        """Returns the scores over all samples; synchronises with the device.

        Returns:
            `accuracy`; `top5_accuracy`, if there are more than five classes; `nll`, in nats per sample; `brier`, in
            [0, 2]: mean_n sum_k (p_nk - 1[k = label_n])^2 (Brier 1950); `ece`, the calibration error, in [0, 1].
        """
        samples = self.confusion.sum().double()
        nll, brier, top = (self._sums / samples).tolist()
        found = {"accuracy": float(self.confusion.diagonal().sum() / samples)}
        if self.classes > TOP:
            found["top5_accuracy"] = top
        return {**found, "nll": nll, "brier": brier, "ece": float(self.bins.calibration_error())}

    def state(self) -> dict[str, Any]:
        """Returns the sums so far, for `load`; the tensors are not copied, so `add` changes them."""
        return {"confusion": self.confusion, "bins": self.bins.state(), "sums": self._sums}

    def load(self, state: Mapping[str, Any]) -> None:
        """Replaces the sums by those of a `state`.

        Raises:
            RuntimeError: it has another number of classes or bins; one class or one bin is not detected but broadcast.
        """
        self.confusion.copy_(state["confusion"])
        self.bins.load(state["bins"])
        self._sums.copy_(state["sums"])


def _rank(logits: Tensor, labels: Tensor) -> Tensor:
    """Returns the rank of each label's logit, `(B,)`; 0 is the highest, and equal logits rank by class index."""
    own = logits.gather(1, labels[:, None])
    is_before = torch.arange(logits.shape[1], device=logits.device) < labels[:, None]
    return ((logits > own) | ((logits == own) & is_before)).sum(dim=1)
