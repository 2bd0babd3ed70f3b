"""Tiny copies of CIFAR-10-C and CIFAR-100-C in the original format. Oracle: the written arrays."""

import numpy as np
import pytest

from Arch.datasets import DATASETS
from Arch.datasets.loading import load
from Arch.datasets.sources.corrupted_cifar import CORRUPTIONS
from Arch.errors import DataError
from tests.datasets.tiny_cifar import clean_images, replace_cifar

COUNT = 4
NAMES = {"CIFAR10-C": "CIFAR-10-C", "CIFAR100-C": "CIFAR-100-C"}


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    replace_cifar(monkeypatch)


def write_files(folder, change=None):
    """Writes the images of each corruption at five severities and their labels, as on Zenodo."""
    folder.mkdir(parents=True)
    arrays = {
        name: np.random.default_rng(i).integers(0, 256, (5 * COUNT, 32, 32, 3), dtype=np.uint8)
        for i, name in enumerate(CORRUPTIONS)
    }
    arrays["labels"] = np.tile(np.array([2, 0, 1, 1], dtype=np.uint8), 5)
    arrays.update(change or {})
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return arrays


def test_there_are_nineteen_corruptions():
    assert len(set(CORRUPTIONS)) == 19


@pytest.mark.parametrize("severity", [1, 3, 5])
@pytest.mark.parametrize("name", NAMES)
def test_the_test_split_has_one_corruption_of_one_severity(name, severity, root):
    arrays = write_files(root / NAMES[name])
    data = load(DATASETS[name]("fog", severity), root)
    expected = arrays["fog"][COUNT * (severity - 1) : COUNT * severity]
    assert data.test.pixels.permute(0, 2, 3, 1).numpy().tolist() == expected.tolist()
    assert data.test.labels.tolist() == [2, 0, 1, 1]


def test_the_training_split_has_no_corruptions(root):
    write_files(root / "CIFAR-10-C")
    data = load(DATASETS["CIFAR10-C"]("snow", 1), root)
    assert data.train.pixels.tolist() == clean_images("train").pixels.tolist()
    assert data.classes == clean_images("train").classes


def test_a_given_folder_is_read_and_may_be_shrunk(root, tmp_path):
    arrays = write_files(tmp_path / "elsewhere")
    data = load(DATASETS["CIFAR10-C"]("frost", 2), root, data_path=tmp_path / "elsewhere", down_sample=16)
    assert data.shape == (3, 16, 16)
    mean = arrays["frost"][COUNT : 2 * COUNT].mean()
    assert data.test.pixels.float().mean().item() == pytest.approx(mean, abs=1)


FAULTS = {
    "images missing": ({}, "elsewhere/blur", r"there is no folder .*blur. DataPath must name the folder of CIFAR10-C"),
    "rows that are no five severities": (
        {"fog": np.zeros((7, 32, 32, 3), np.uint8)},
        "",
        r"fog.npy has shape \(7, 32, 3",
    ),
    "fewer labels": (
        {"labels": np.zeros(10, np.uint8)},
        "",
        r"hold uint8 \(4, 32, 32, 3\) and \(2,\) for each severity",
    ),
    "images of floats": ({"fog": np.zeros((20, 32, 32, 3))}, "", r"hold float64 \(4, 32, 32, 3\) and \(4,\)"),
    "labels of others": ({"labels": np.full(20, 77, np.uint8)}, "", r"labels from 77 to 77, but there are 3 classes"),
    "Python objects": ({"fog": np.array([None] * 5)}, "", r"cannot read .*fog.npy: .*[Oo]bject"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_gives_an_error_of_one_sentence(name, root, tmp_path):
    change, below, message = FAULTS[name]
    write_files(tmp_path / "elsewhere", change)
    with pytest.raises(DataError, match=message):
        load(DATASETS["CIFAR10-C"]("fog", 1), root, data_path=tmp_path / (below or "elsewhere"))


def test_a_missing_corruption_is_named_in_the_error(root, tmp_path):
    write_files(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "fog.npy").unlink()
    with pytest.raises(DataError, match=r"cannot read .*fog.npy: no such file"):
        DATASETS["CIFAR10-C"]("fog", 1).located(tmp_path / "elsewhere").read(root, "test")
