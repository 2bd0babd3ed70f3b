"""Tiny copies of CIFAR-5m and the 300,000 random images in the original formats. Oracle: the written arrays."""

import numpy as np
import pytest

from Arch.datasets import DATASETS
from Arch.datasets.decoding.store import ImageWriter
from Arch.datasets.loading import load
from Arch.datasets.sources.cifar5m import CIFAR5M
from Arch.datasets.sources.random_images import RandomImages300K
from Arch.errors import DataError
from tests.datasets.tiny_cifar import CLASSES, clean_images, replace_cifar


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    replace_cifar(monkeypatch)


def random(count, seed=0, size=32):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def write_parts(folder, compressed=False, **last):
    """Writes six parts of 2 to 7 images; `last` replaces arrays of the last part."""
    folder.mkdir(parents=True)
    parts = [{"X": random(2 + i, i), "Y": np.arange(2 + i) % 3} for i in range(6)]
    parts[-1].update(last)
    for i, part in enumerate(parts):
        arrays = {name: array for name, array in part.items() if array is not None}
        (np.savez_compressed if compressed else np.savez)(folder / f"part{i}.npz", **arrays)
    return parts


@pytest.mark.parametrize("compressed", [True, False])
def test_the_parts_of_cifar5m_are_concatenated(compressed, root):
    parts = write_parts(root / "CIFAR5M", compressed)
    data = load(CIFAR5M(), root)
    assert data.train.pixels.permute(0, 2, 3, 1).numpy().tolist() == np.concatenate([p["X"] for p in parts]).tolist()
    assert data.train.labels.tolist() == np.concatenate([p["Y"] for p in parts]).tolist()
    assert data.test.pixels.tolist() == clean_images("test").pixels.tolist()
    assert data.classes == CLASSES


def test_only_a_part_of_a_file_is_in_memory(root, tmp_path, monkeypatch):
    monkeypatch.setattr("Arch.datasets.decoding.array_files._PART", 2 * 3072)
    sizes = []
    add = ImageWriter.add
    monkeypatch.setattr(ImageWriter, "add", lambda self, piece: sizes.append(len(piece)) or add(self, piece))
    write_parts(tmp_path / "parts")
    assert len(CIFAR5M().located(tmp_path / "parts").read(root, "train")) == 27
    assert max(sizes) == 2


PART_FAULTS = {
    "no labels": ({"Y": None}, r"part5.npz has X; a part of CIFAR-5m has X and Y"),
    "other images": (
        {"X": random(7, size=16)},
        r"X in .*part5.npz holds uint8 values of shape \(7, 16, 16, 3\); expec",
    ),
    "a class too many": ({"Y": np.full(7, 9)}, r"has labels up to 9, but CIFAR-10 has 3 classes"),
    "a negative label": ({"Y": np.full(7, -1)}, r"7 of the 7 labels in Y in .*part5.npz are not whole numbers"),
}


@pytest.mark.parametrize("name", PART_FAULTS)
def test_a_malformed_part_is_named_in_the_error(name, root, tmp_path):
    last, message = PART_FAULTS[name]
    write_parts(tmp_path / "parts", **last)
    with pytest.raises(DataError, match=message):
        CIFAR5M().located(tmp_path / "parts").read(root, "train")


def test_a_missing_part_is_named_in_the_error(root, tmp_path):
    write_parts(tmp_path / "parts")
    (tmp_path / "parts" / "part3.npz").unlink()
    with pytest.raises(DataError, match=r"cannot read .*part3.npz: no such file"):
        CIFAR5M().located(tmp_path / "parts").read(root, "train")


def write_random(folder, images):
    folder.mkdir(parents=True)
    np.save(folder / "300K_random_images.npy", images)
    return folder


def test_random_images_have_one_class(root, tmp_path):
    x = random(5)
    images = RandomImages300K().located(write_random(tmp_path / "random", x)).read(root, "train")
    assert images.pixels.permute(0, 2, 3, 1).numpy().tolist() == x.tolist()
    assert (images.labels.tolist(), images.classes) == ([0] * 5, ("outlier",))


def test_training_on_random_images_is_refused(root):
    with pytest.raises(DataError, match=r"^RandomImages300K has a single class and no test split: .* choose another"):
        load(DATASETS["RandomImages300K"](), root)
    assert not root.exists()


@pytest.mark.parametrize(
    ("split", "images", "message"),
    [
        ("test", random(5), r"RandomImages300K has a single class and no test split"),
        (
            "train",
            random(5).astype(float),
            r"holds float64 values of shape \(5, 32, 32, 3\); expected uint8 \(N, H, W,",
        ),
        ("train", random(5)[..., 0], r"holds uint8 values of shape \(5, 32, 32\); expected uint8 \(N, H, W, C\)"),
    ],
)
def test_random_images_of_another_format_are_refused(split, images, message, root, tmp_path):
    with pytest.raises(DataError, match=message):
        RandomImages300K().located(write_random(tmp_path / "random", images)).read(root, split)
