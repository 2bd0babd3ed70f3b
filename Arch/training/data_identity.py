"""Records which data a run used, and checks that later runs use the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from Arch.config.config import Config
from Arch.datasets import DATASETS
from Arch.datasets.data import ImageData
from Arch.datasets.dataset import ImageDataset
from Arch.datasets.normalization import Normalization
from Arch.errors import DataError
from Arch.training.normalization import recorded
from Arch.types import Run


def data_record(dataset: ImageData) -> dict[str, Any]:
    """Returns what a run records of its data: enough to rebuild its network, and to detect other data of that name."""
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
    """Checks that recorded digests, where there are any, equal that of the loaded data.

    Args:
        dataset: the loaded data.
        records: provenance of the runs to compare with.
        whose: the name of those runs in the message.

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


def require_same_data_as_network(
    dataset: ImageData, config: Config, trained_by: Config, record: Mapping[str, Any], whose: str
) -> None:
    """Checks that a network was trained on the loaded data if its experiment names the same dataset.

    Args:
        dataset: the loaded data.
        config: the experiment that loaded them.
        trained_by: the experiment that trained the network.
        record: provenance of the run that trained it.
        whose: the name of that run in the message.

    Raises:
        DataError: other data have the same name.
    """
    if _dataset_of(trained_by) == _dataset_of(config):
        require_same_data(dataset, (record,), whose)


def _dataset_of(config: Config) -> tuple[ImageDataset, int]:
    return config.fill(DATASETS[config["Dataset"]], config["Dataset"]), config["DownSample"]


def require_same_data_as_runs(dataset: ImageData, runs: Iterable[Run]) -> None:
    """Checks that an experiment's earlier runs used the loaded data; raises as `require_same_data`."""
    for run in runs:
        require_same_data(dataset, (run.provenance,), f"run {run.index} of this experiment")


def normalization_digest(constants: Normalization) -> str:
    """Returns a digest of normalisation constants, which are too many to record where each pixel has its own."""
    digest = hashlib.sha256()
    for each in (constants.mean, constants.std):
        digest.update(f"{tuple(each.shape)}{each.flatten().tolist()}".encode())
    return digest.hexdigest()[:16]
