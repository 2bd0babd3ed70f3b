"""What a run records of its data, and the check that later data are the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from Arch.datasets.data import ImageData
from Arch.datasets.normalization import Normalization
from Arch.errors import DataError
from Arch.training.normalization import recorded
from Arch.types import Run


def data_record(dataset: ImageData) -> dict[str, Any]:
    """What a run records of its data: enough to rebuild its network, and to notice other data under the same name."""
    constants = recorded(dataset.normalization)
    return {
        "data_digest": dataset.digest,
        "normalization": normalization_digest(dataset.normalization),
        **({"normalization_constants": constants} if constants else {}),
        "input_shape": list(dataset.shape),
        "classes": len(dataset.classes),
        "class_names": list(dataset.classes),
        "train_samples": len(dataset.train),
    }


def require_same_data(dataset: ImageData, records: Iterable[Mapping[str, Any]], whose: str) -> None:
    """Checks that recorded digests, where there are any, are that of the data at hand.

    Args:
        dataset: the data at hand.
        records: provenance of the runs to agree with.
        whose: how the message calls them.

    Raises:
        DataError: other data have the same name.
    """
    for record in records:
        if record.get("data_digest", dataset.digest) != dataset.digest:
            raise DataError(
                f"the data called {dataset.name} are not those of {whose}: their digest is {dataset.digest[:12]}, "
                f"that of {whose} {record['data_digest'][:12]}. Put the old data back, or give the new ones a name "
                "of their own (DataName)."
            )


def require_same_data_as_runs(dataset: ImageData, runs: Iterable[Run]) -> None:
    """Checks that an experiment's earlier runs saw the data at hand; raises as `require_same_data`."""
    for run in runs:
        require_same_data(dataset, (run.provenance,), f"run {run.index} of this experiment")


def normalization_digest(constants: Normalization) -> str:
    """Names the constants that images are normalised with; per pixel they are too many to write down."""
    named = hashlib.sha256()
    for each in (constants.mean, constants.std):
        named.update(f"{tuple(each.shape)}{each.flatten().tolist()}".encode())
    return named.hexdigest()[:16]
