"""Measures the predictions of a network on labelled images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from Arch.analysis.predictions.counts import PredictionCounts
from Arch.datasets.data import Split
from Arch.models.imodel import IModel
from Arch.training.engine import Engine
from Arch.training.scores import Array, Scores
from Arch.types import ArrayInfo


class Predictions:
    """Accumulates the statistics of a network's predictions in evaluation mode, and optionally keeps the logits."""

    def __init__(self, network: IModel, engine: Engine, split: Split, classes: int, *, keeps_logits: bool) -> None:
        """Takes a network and the split that it is measured on.

        Args:
            network: on the device; it is put into evaluation mode for each batch.
            engine: the device and how it computes.
            split: the samples whose batches are added; `scores` returns their labels and ids beside the logits.
            classes: number of classes K of the data; only the first K logits of the network are used.
            keeps_logits: whether `scores` also returns the logits of all samples.
        """
        self._network, self._engine, self._split = network, engine, split
        self._counts = PredictionCounts(classes, engine.device)
        self._logits: list[Tensor] | None = [] if keeps_logits else None

    def add(self, images: Tensor, labels: Tensor) -> None:
        """See `Measurement.add`."""
        self._network.eval()  # the caller may have left it in training mode
        with self._engine.autocast():
            logits = self._network.trace(images).logits.float()[:, : self._counts.classes]
        self._counts.add(logits, labels)
        if self._logits is not None:
            self._logits.append(logits)

    def state(self) -> dict[str, Any]:
        """See `Measurement.state`."""
        kept = None if self._logits is None else torch.cat(self._logits) if self._logits else torch.empty(0)
        return {"counts": self._counts.state(), "logits": kept}

    def load(self, state: Mapping[str, Any]) -> None:
        """See `Measurement.load`."""
        if (self._logits is None) != (state["logits"] is None):
            raise ValueError("only one of the two keeps logits")
        self._counts.load(state["counts"])
        if self._logits is not None:
            self._logits[:] = [state["logits"].to(self._engine.device)] if state["logits"].numel() else []

    def scores(self) -> Scores:
        """Returns accuracy, NLL, Brier score, ECE and their arrays.

        With more than five classes there is top-5 accuracy, too. If logits are kept, the arrays include them, with the
        labels and sample ids.
        """
        counts = self._counts
        empty_class = "" if bool(counts.confusion.sum(dim=1).all()) else "the split has no sample of the class"
        empty_bin = "" if bool(counts.bins.count.all()) else "no prediction has a confidence in the bin"
        by_class, by_bin = ("class",), ("confidence bin",)
        arrays = {
            "confusion": Array(counts.confusion, ArrayInfo(("class", "predicted class"), "number of samples")),
            "class_accuracy": Array(
                counts.class_accuracy(),
                ArrayInfo(by_class, "share of the class that is predicted correctly", empty_class),
            ),
            "bin_count": Array(counts.bins.count, ArrayInfo(by_bin, "number of predictions")),
            "bin_confidence": Array(
                counts.bins.confidence(),
                ArrayInfo(by_bin, "mean confidence of the predictions", empty_bin),
            ),
            "bin_accuracy": Array(
                counts.bins.accuracy(),
                ArrayInfo(by_bin, "share of the predictions that are correct", empty_bin),
            ),
        }
        return Scores(counts.scores(), arrays | self._logit_arrays())

    def _logit_arrays(self) -> dict[str, Array]:
        if self._logits is None:
            return {}
        split = self._split
        return {
            "logits": Array(torch.cat(self._logits), ArrayInfo(("sample", "class"), "logits before the softmax")),
            "labels": Array(split.labels, ArrayInfo(("sample",), "index of the class")),
            "sample_ids": Array(split.sample_ids, ArrayInfo(("sample",), "index in the dataset's own split")),
        }
