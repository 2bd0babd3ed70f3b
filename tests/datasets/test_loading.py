"""Loaded data: the chosen samples, unchanged pixels, constants of the whole training split."""

import pytest
import torch

from Arch.datasets import loading
from Arch.datasets.dataset import Images
from Arch.datasets.digest import combined
from Arch.datasets.loading import load
from Arch.datasets.normalization import constants_of
from Arch.datasets.resizing import downsampled
from Arch.datasets.sources.image_folder import ImageFolder
from Arch.datasets.sources.synthetic import Synthetic
from Arch.errors import DataError
from tests.datasets.tiny_images import tiny_files, write_zip

DATA = Synthetic(classes=4, size=8, channels=3, samples=80)


def test_all_samples_are_loaded_by_default(root):
    data, raw = load(DATA, root), DATA.read(root, "train")
    assert torch.equal(data.train.pixels, raw.pixels)
    assert data.train.sample_ids.tolist() == list(range(80))
    assert data.validation is None
    assert len(data.test) == 20
    assert data.shape == (3, 8, 8)
    assert data.digest == combined(raw.digest, DATA.read(root, "test").digest)


def test_chosen_samples_keep_their_pixels_labels_and_indices(root):
    data, raw = load(DATA, root, train_samples=20, validation=0.4), DATA.read(root, "train")
    assert (len(data.train), len(data.validation)) == (12, 8)
    for split in (data.train, data.validation):
        assert torch.equal(split.pixels, raw.pixels[split.sample_ids])
        assert torch.equal(split.labels, raw.labels[split.sample_ids])
        assert split.pixels.is_contiguous(memory_format=torch.channels_last)
    assert not set(data.train.sample_ids.tolist()) & set(data.validation.sample_ids.tolist())


def test_choosing_samples_changes_neither_constants_nor_digest(root):
    whole, part = load(DATA, root), load(DATA, root, train_samples=8, validation=0.5)
    assert torch.equal(part.normalization.mean, whole.normalization.mean)
    assert torch.equal(part.normalization.mean, constants_of(DATA.read(root, "train").pixels, "MeanVar").mean)
    assert part.digest == whole.digest


def test_downsampling_comes_before_the_constants_and_the_digest(root):
    data = load(DATA, root, down_sample=4, normalization="Elementwise")
    small = downsampled(DATA.read(root, "train").pixels, 4)
    assert torch.equal(data.train.pixels, small)
    assert torch.equal(data.normalization.std, constants_of(small, "Elementwise").std)
    assert data.digest != load(DATA, root).digest


def test_a_whole_decoded_split_is_mapped_and_a_part_copied(tmp_path, root, monkeypatch):
    copies = []
    take = loading.take
    monkeypatch.setattr(loading, "take", lambda pixels, ids: copies.append(len(ids)) or take(pixels, ids))
    path = write_zip(tmp_path / "x.zip", tiny_files())
    load(ImageFolder("tiny"), root, data_path=path)
    assert copies == []
    load(ImageFolder("tiny"), root, data_path=path, train_samples=4, validation=0.5)
    assert copies == [2, 2]


@pytest.mark.parametrize("size", [0, -2])
def test_an_invalid_size_is_refused(size, root):
    with pytest.raises(DataError, match=f"DownSample is {size}"):
        load(DATA, root, down_sample=size)


def test_enlarging_is_refused(root):
    with pytest.raises(DataError, match=r"DownSample 16 would enlarge"):
        load(DATA, root, down_sample=16)


def test_splits_with_differently_numbered_classes_are_refused(root):
    class Shuffled(Synthetic):
        def read(self, root, split):
            images = super().read(root, split)
            return Images.of(images.pixels, images.labels, images.classes[:: 1 if split == "train" else -1])

    with pytest.raises(DataError, match=r"^class 0 of Shuffled is 'class 0' in the train split and 'class 3' in"):
        load(Shuffled(4, 8, 3, 32), root)
