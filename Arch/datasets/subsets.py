"""Chooses class-balanced subsets of samples and held-out samples, deterministically."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from Arch.datasets.hashing import shuffled
from Arch.errors import DataError


def balanced_subset(labels: Tensor, count: int, classes: tuple[str, ...]) -> Tensor:
    """Chooses `count` samples: `count // K` of each of the K classes and one more of the first `count % K`.

    The samples of a class are ordered by a hash of their index, so that a smaller subset is contained in every larger
    one.

    Args:
        labels: int64 `(N,)`.
        count: -1 for all.
        classes: names for messages; a label is an index into them.

    Returns:
        Indices of the samples, int64 `(count,)`, ascending.

    Raises:
        DataError: a class has too few samples, or `count` is smaller than the number of classes.
    """
    if count == -1:
        return torch.arange(len(labels))
    sizes = torch.bincount(labels, minlength=len(classes)).tolist()
    _check_count(count, len(labels), sizes, classes)
    chosen = []
    for label in range(len(classes)):
        members = torch.nonzero(labels == label).flatten()
        chosen.append(shuffled(members, "subset")[: _quota(count, label, len(classes))])
    return torch.cat(chosen).sort().values


def held_out(labels: Tensor, samples: Tensor, fraction: float, classes: tuple[str, ...]) -> tuple[Tensor, Tensor]:
    """Splits `samples` into training and validation samples.

    Of each class with n samples, `fraction` * n rounded to the nearest integer (halves up) are held out, chosen by
    a hash of their index.

    Args:
        labels: int64 `(N,)` of the whole split.
        samples: int64 `(M,)`, the indices to split.
        fraction: in [0, 1).
        classes: names for messages.

    Returns:
        Indices for training and for validation, both ascending.

    Raises:
        DataError: a class would have no training or no validation sample.
    """
    if not 0 <= fraction < 1:
        raise DataError(f"Validation is {fraction}; expected a fraction from 0 (none) to below 1.")
    if fraction == 0:
        return samples, samples[:0]
    kept, out = [], []
    for label, name in enumerate(classes):
        members = shuffled(samples[labels[samples] == label], "validation")
        n = math.floor(fraction * len(members) + 0.5)
        if not 0 < n < len(members):
            raise DataError(
                f"Validation {fraction} holds out {n} of the {len(members)} training samples of class {name!r}, but "
                "at least one must be held out and one must remain. Change Validation or raise TrainSamples."
            )
        out.append(members[:n])
        kept.append(members[n:])
    return torch.cat(kept).sort().values, torch.cat(out).sort().values


def _quota(count: int, label: int, classes: int) -> int:
    return count // classes + (label < count % classes)


def _check_count(count: int, available: int, sizes: list[int], classes: tuple[str, ...]) -> None:
    if count < len(classes):
        raise DataError(
            f"TrainSamples is {count}, but there are {len(classes)} classes and each needs a sample: "
            f"choose at least {len(classes)}, or -1 for all {available}."
        )
    if count > available:
        raise DataError(
            f"TrainSamples is {count}, but there are only {available} training samples: choose fewer, or -1 for all."
        )
    for label, size in enumerate(sizes):
        if size < _quota(count, label, len(classes)):
            raise DataError(
                f"TrainSamples {count} needs {_quota(count, label, len(classes))} samples of class {classes[label]!r}, "
                f"which has {size}: choose at most {min(sizes) * len(classes)}, or -1 for all {available}."
            )
