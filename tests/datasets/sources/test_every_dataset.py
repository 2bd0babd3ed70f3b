"""What holds of every dataset that is there without a download."""

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


def test_facts_are_known_of_every_dataset():
    unknown = set(DATASETS) ^ set(CATALOGUE)
    assert not unknown, f"give facts in Arch/datasets/sources/catalogue.py: {sorted(unknown)}"


def test_each_dataset_has_a_line_about_itself():
    assert all(len(DATASETS.about(name)) > 30 for name in DATASETS)


def test_a_split_has_its_declared_shape(case):
    splits, (shape, classes, sizes), _ = case
    for split, n in zip(("train", "test"), sizes, strict=True):
        assert splits[split].pixels.shape == (n, *shape)
        assert splits[split].pixels.dtype == torch.uint8
        assert splits[split].labels.dtype == torch.int64
        assert splits[split].labels.unique().tolist() == list(range(classes))
        assert len(splits[split].classes) == classes


def test_reading_again_gives_the_same_data(case):
    splits, _, (dataset, root) = case
    assert dataset.read(root, "test").digest == splits["test"].digest
    assert splits["train"].digest != splits["test"].digest


def test_pixels_lie_in_memory_row_by_row_with_channels_together(case):
    assert case[0]["train"].pixels.permute(0, 2, 3, 1).is_contiguous()


def test_a_datapath_is_ignored_where_data_know_their_place(case):
    dataset, root = case[2]
    assert load(dataset, root, data_path="nowhere").shape == case[1][0]


def test_the_digest_notices_a_pixel_a_label_and_a_class_name():
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


def test_looking_at_the_room_imports_no_torch():
    code = "import sys, Arch.datasets; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
