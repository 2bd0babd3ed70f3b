"""Properties of every dataset that needs no download."""

import subprocess
import sys

import pytest
import torch

from Arch.datasets import DATASETS
from Arch.datasets.dataset import Images
from Arch.datasets.loading import load
from Arch.datasets.sources.catalogue import CATALOGUE

HERE = {
    "Digits": ((), (1, 8, 8), 10, (1442, 355)),
    "Synthetic": ((4, 8, 3, 256), (3, 8, 8), 4, (256, 64)),
}


@pytest.fixture(scope="module", params=sorted(HERE))
def case(request, tmp_path_factory):
    parameters, *expected = HERE[request.param]
    dataset, root = DATASETS[request.param](*parameters), tmp_path_factory.mktemp("data")
    return {split: dataset.read(root, split) for split in ("train", "test")}, expected, (dataset, root)


def test_the_catalogue_has_every_dataset():
    unknown = set(DATASETS) ^ set(CATALOGUE)
    assert not unknown, f"give facts in Arch/datasets/sources/catalogue.py: {sorted(unknown)}"


def test_each_dataset_has_a_docstring():
    assert all(len(DATASETS.about(name)) > 30 for name in DATASETS)


def test_a_split_has_its_declared_shape(case):
    splits, (shape, classes, sizes), _ = case
    for split, n in zip(("train", "test"), sizes, strict=True):
        assert splits[split].pixels.shape == (n, *shape)
        assert splits[split].pixels.dtype == torch.uint8
        assert splits[split].labels.dtype == torch.int64
        assert splits[split].labels.unique().tolist() == list(range(classes))
        assert len(splits[split].classes) == classes


def test_the_second_reading_gives_the_same_data(case):
    splits, _, (dataset, root) = case
    assert dataset.read(root, "test").digest == splits["test"].digest
    assert splits["train"].digest != splits["test"].digest


def test_pixels_are_channels_last_in_memory(case):
    assert case[0]["train"].pixels.permute(0, 2, 3, 1).is_contiguous()


def test_a_datapath_is_ignored_by_datasets_without_files(case):
    dataset, root = case[2]
    assert load(dataset, root, data_path="nowhere").shape == case[1][0]


def test_the_digest_depends_on_pixels_labels_and_class_names():
    pixels, labels, names = torch.zeros(2, 1, 2, 2, dtype=torch.uint8), torch.tensor([0, 1]), ("a", "b")
    other = pixels.clone()
    other[1, 0, 1, 1] = 1
    variants = [
        (pixels, labels, names),
        (other, labels, names),
        (pixels, labels.flip(0), names),
        (pixels, labels, ("a", "c")),
    ]
    assert len({Images.of(*variant).digest for variant in variants}) == 4


def test_importing_the_package_does_not_import_torch():
    code = "import sys, Arch.datasets; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
