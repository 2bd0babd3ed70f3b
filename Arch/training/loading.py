"""Loads the dataset that a config names."""

from __future__ import annotations

from pathlib import Path

from Arch.config.config import Config
from Arch.datasets import DATASETS
from Arch.datasets.data import ImageData
from Arch.datasets.loading import load


def training_data(config: Config, root: Path) -> ImageData:
    """Loads the data of a training config, with its subset, validation split and normalisation.

    Raises:
        DataError: they are missing, unreadable or of another format than expected.
    """
    validation = config["Validation"] if config["Select"] == "validation" else 0.0
    return _load(config, root, config["Normalization"], config["TrainSamples"], validation)


def measured_data(config: Config, root: Path, normalization: str) -> ImageData:
    """Loads the whole data of a study that trains nothing.

    Args:
        config: the config of the study.
        root: the folder of datasets.
        normalization: the kind of constants to compute; "None" computes none.

    Raises:
        DataError: as `training_data`.
    """
    return _load(config, root, normalization, -1, 0.0)


def _load(config: Config, root: Path, normalization: str, train_samples: int, validation: float) -> ImageData:
    path = config.option("DataPath")
    return load(
        config.fill(DATASETS[config["Dataset"]], config["Dataset"]),
        root,
        data_path=config.resolve_path(path) if path else "",
        down_sample=config["DownSample"],
        normalization=normalization,
        train_samples=train_samples,
        validation=validation,
    )
