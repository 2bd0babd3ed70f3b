"""Computes a network's logits for a whole split, and their scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from Arch.analysis.predictions import prediction as measure
from Arch.datasets.data import Split
from Arch.datasets.normalization import Normalizer
from Arch.datasets.streaming import images_of
from Arch.models.imodel import IModel
from Arch.training.engine import Engine


def network_logits(network: IModel, split: Split, normalizer: Normalizer, engine: Engine) -> Tensor:
    """Computes a network's logits `(N, K)` for all samples of a split, in float32; its mode is restored."""
    was_training = network.training
    network.eval()

    def logits(images: Tensor) -> Tensor:
        with engine.autocast():
            return network.trace(images).logits.float()

    try:
        return logits_of(logits, split, normalizer, engine)
    finally:
        network.train(was_training)


def logits_of(network: Callable[[Tensor], Tensor], split: Split, normalizer: Normalizer, engine: Engine) -> Tensor:
    """Concatenates the outputs `(N, K)` of `network` for all samples of a split, batch by batch."""
    batches = torch.split(torch.arange(len(split), device=split.pixels.device), engine.evaluation_batch)
    with torch.no_grad():
        images = images_of(split, batches, engine.device, is_streamed=engine.streams(split))
        return torch.cat([network(normalizer(each)) for each in images])


def examples_of(split: Split, normalizer: Normalizer, engine: Engine, count: int = 32) -> Tensor:
    """Returns normalised images `(B, C, H, W)` of up to `count` samples, at equal distances in the split."""
    rows = torch.linspace(0, len(split) - 1, min(count, len(split)), device=split.pixels.device).round().long()
    return normalizer(next(images_of(split, (rows,), engine.device, is_streamed=False)))


def scores(logits: Tensor, labels: Tensor, teacher: Tensor | None = None) -> Mapping[str, float]:
    """Scores predictions against labels, and against a teacher's predictions.

    Args:
        logits: `(N, K)`.
        labels: `(N,)` int64.
        teacher: logits `(N, K)` of the same samples, or None.

    Returns:
        `accuracy`, `nll`, `ece`, and with a teacher `agreement`, `kl_to_teacher` and `teacher_accuracy`.
    """
    labels = labels.to(logits.device)
    found = {
        "accuracy": measure.top1_accuracy(logits, labels),
        "nll": measure.negative_log_likelihood(logits, labels),
        "ece": measure.expected_calibration_error(logits, labels),
    }
    if teacher is not None:
        found |= {
            "agreement": measure.agreement(logits, teacher),
            "kl_to_teacher": measure.kl_to_teacher(logits, teacher),
            "teacher_accuracy": measure.top1_accuracy(teacher, labels),
        }
    return dict(zip(found, torch.stack(list(found.values())).tolist(), strict=True))
