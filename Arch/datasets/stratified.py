"""Splits samples by scikit-learn's stratified split with a fixed seed, as the sources of two datasets do."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from Arch.errors import DataError

SEED = 42
Ids = npt.NDArray[np.int64]


def stratified_split(ids: Ids, labels: npt.NDArray[np.int64], share: float, title: str) -> tuple[Ids, Ids]:
    """Splits samples into two parts with the same share of every class, both in a random order.

    Args:
        ids: the samples `(M,)`.
        labels: the labels of all samples, indexed by `ids`.
        share: fraction of the samples that the second part gets.
        title: names the data in messages.

    Raises:
        DataError: a class has too few samples.
    """
    from sklearn.model_selection import train_test_split  # takes a second to import, which most datasets do not need

    try:
        first, second = train_test_split(ids, test_size=share, random_state=SEED, stratify=labels[ids])
    except ValueError as error:
        raise DataError(f"{title} cannot be split into parts with all classes: {error}") from error
    return first, second
