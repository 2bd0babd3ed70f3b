"""Vectors, stored as float32 images of one pixel. Oracles: NumPy in float64, and the literal bytes."""

import hashlib

import numpy as np
import pytest
import torch

from Arch.datasets.augmentation.views import apply_views
from Arch.datasets.dataset import ImageDataset, Images
from Arch.datasets.decoding.store import ImageWriter, decoded
from Arch.datasets.loading import load
from Arch.datasets.normalization import Normalizer, constants_of
from Arch.errors import DataError

VECTORS = np.random.default_rng(0).normal([5e3, -2, 0], [0.5, 3, 1e-3], (600, 3)).astype(np.float32)
LABELS = np.arange(600) % 2
CLASSES = ("a", "b")


def images(vectors=VECTORS):
    return Images.of(torch.from_numpy(vectors)[:, :, None, None], torch.from_numpy(LABELS[: len(vectors)]), CLASSES)


class Given(ImageDataset):
    """A dataset of given splits."""

    def __init__(self, **splits):
        self.splits = {"train": images(), "test": images(VECTORS[:10]), **splits}

    def read(self, root, split):
        return self.splits[split]


def write(folder):
    with ImageWriter(folder, (600, 1, 1, 3), CLASSES, "float32") as writer:
        writer.add(VECTORS[:100].reshape(-1, 1, 1, 3))
        writer.add(VECTORS[100:].reshape(-1, 1, 1, 3))
        writer.finish(LABELS)


def test_vectors_are_stored_and_mapped_unchanged(root):
    found = decoded(root, "key", write)
    assert found.pixels.dtype == torch.float32
    assert found.pixels[:, :, 0, 0].numpy().tolist() == VECTORS.tolist()
    assert found.labels.tolist() == LABELS.tolist()


def test_the_digest_of_vectors_includes_their_type(root):
    header = b'{"Shape":[600,1,1,3],"Classes":["a","b"],"Type":"float32"}\n'
    expected = hashlib.sha256(header + VECTORS.astype("<f4").tobytes() + LABELS.astype("<i8").tobytes()).hexdigest()
    assert decoded(root, "key", write).digest == images().digest == expected


def test_a_copied_folder_of_vectors_is_used_after_a_check_of_its_digest(root):
    first = decoded(root, "key", write)
    (root / "decoded" / "key" / "Images.bin").touch()
    assert decoded(root, "key", pytest.fail).digest == first.digest


def test_constants_of_vectors_are_those_of_each_feature():
    constants = constants_of(images().pixels, "MeanVar")
    x = VECTORS.astype(np.float64)
    np.testing.assert_allclose(constants.mean.flatten(), x.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(constants.std.flatten(), x.std(axis=0), rtol=1e-6)


def test_constants_of_float_images_are_per_channel_or_per_value():
    pixels = torch.from_numpy(np.random.default_rng(1).normal(3, 2, (300, 2, 3, 4)).astype(np.float32))
    x = pixels.numpy().astype(np.float64)
    for kind, axes in (("MeanVar", (0, 2, 3)), ("Elementwise", (0,))):
        constants = constants_of(pixels, kind)
        np.testing.assert_allclose(constants.mean.squeeze(), x.mean(axis=axes), rtol=1e-6)
        np.testing.assert_allclose(constants.std.squeeze(), x.std(axis=axes), rtol=1e-6)


def test_a_normalizer_subtracts_before_scaling_and_does_not_change_the_data():
    pixels = images().pixels.clone()
    constants = constants_of(pixels, "MeanVar")
    out = Normalizer.of(constants, (3, 1, 1))(pixels)
    expected = (VECTORS.astype(np.float64) - constants.mean.flatten().numpy()) / constants.std.flatten().numpy()
    np.testing.assert_allclose(out[:, :, 0, 0], expected, rtol=1e-5, atol=1e-6)
    assert pixels[:, :, 0, 0].numpy().tolist() == VECTORS.tolist()


def test_without_normalization_vectors_are_unchanged():
    out = Normalizer.of(constants_of(images().pixels, "None"), (3, 1, 1))(images().pixels)
    assert torch.equal(out, images().pixels)


@pytest.mark.parametrize("value", [0.0, 0.1, -3e6, 1e-42])
def test_a_constant_feature_is_divided_by_one(value):
    constants = constants_of(torch.full((1000, 1, 1, 1), value), "MeanVar")
    assert constants.std.item() == 1.0


def test_vectors_are_loaded_and_chosen_like_images(root):
    data = load(Given(), root, train_samples=20, validation=0.5)
    assert (data.shape, len(data.train), len(data.validation)) == ((3, 1, 1), 10, 10)
    assert data.train.pixels[:, :, 0, 0].tolist() == VECTORS[data.train.sample_ids].tolist()


def test_infinite_and_nan_values_are_counted_and_refused(root):
    broken = VECTORS.copy()
    broken[3, 1], broken[9] = np.inf, np.nan
    with pytest.raises(DataError, match=r"^4 of the 1800 values in the test split of Given are infinite or not a numb"):
        load(Given(test=images(broken)), root)


def test_vectors_cannot_be_shrunk(root):
    with pytest.raises(DataError, match=r"DownSample 1 cannot shrink float32 numbers.* leave it at -1"):
        load(Given(), root, down_sample=1)


def test_splits_of_two_types_are_refused(root):
    bytes_ = Images.of(torch.zeros(2, 3, 1, 1, dtype=torch.uint8), torch.tensor([0, 1]), CLASSES)
    with pytest.raises(DataError, match=r"train split of Given holds float32 numbers and its test split uint8"):
        load(Given(test=bytes_), root)


def test_float_images_are_cropped_and_mirrored_like_bytes():
    pixels = torch.from_numpy(np.random.default_rng(2).integers(0, 256, (6, 3, 4, 5), dtype=np.uint8))
    numbers = torch.tensor([0, 7, 12, 24, 33, 49])
    shown = apply_views(pixels.float() / 7, numbers, 2)
    assert torch.equal(shown, apply_views(pixels, numbers, 2).float() / 7)
