"""Parts a dataset as its source does, with scikit-learn's stratified split."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from Arch.errors import DataError

SEED = 42
Ids = npt.NDArray[np.int64]


def stratified_split(ids: Ids, labels: npt.NDArray[np.int64], share: float, title: str) -> tuple[Ids, Ids]:
    """Two parts of some samples, each with the same share of every class, both in a random order.

    Args:
        ids: the samples `(M,)`.
        labels: of all samples; stratified are those of `ids`.
        share: of the second part.
        title: what messages call the data.

    Raises:
        DataError: a class has too few samples.
    """
    from sklearn.model_selection import train_test_split  # takes a second to import: only who wants a split pays

    try:
        first, second = train_test_split(ids, test_size=share, random_state=SEED, stratify=labels[ids])
    except ValueError as error:
        raise DataError(f"{title} cannot be split into parts with all classes: {error}") from error
    return first, second
