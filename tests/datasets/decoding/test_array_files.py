"""Tiny copies of MNIST, FashionMNIST, SVHN and STL-10 in the original formats. Oracle: torchvision."""

import gzip
import struct

import numpy as np
import pytest
import scipy.io
import torchvision
from PIL import Image

from Arch.datasets import DATASETS
from Arch.datasets.dataset import Images
from Arch.datasets.sources.catalogue import CATALOGUE
from Arch.errors import DataError

IDX = ["MNIST", "FashionMNIST"]


def random(*shape, below=256):
    return np.random.default_rng(len(shape)).integers(0, below, shape, dtype=np.uint8)


def write_idx(folder, name, array):
    """Writes an IDX file, uncompressed and compressed."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(header + array.tobytes())
    (folder / f"{name}.gz").write_bytes(gzip.compress(header + array.tobytes()))


def write_digits(folder):
    for word, n in (("train", 11), ("t10k", 7)):
        write_idx(folder, f"{word}-images-idx3-ubyte", random(n, 28, 28))
        write_idx(folder, f"{word}-labels-idx1-ubyte", random(n, below=10))


@pytest.mark.parametrize("name", IDX)
@pytest.mark.parametrize("split", ["train", "test"])
def test_idx_files_give_what_torchvision_reads(name, split, root, tmp_path):
    write_digits(tmp_path / name / "raw")
    theirs = getattr(torchvision.datasets, name)(tmp_path, train=split == "train")
    ours = DATASETS[name]().located(tmp_path / name).read(root, split)
    assert np.array_equal(ours.pixels[:, 0].numpy(), theirs.data.numpy())
    assert ours.labels.tolist() == theirs.targets.tolist()
    assert len(ours.classes) == len(theirs.classes) == 10


def test_fashion_mnist_has_the_class_names_of_torchvision():
    assert DATASETS["FashionMNIST"].classes == tuple(torchvision.datasets.FashionMNIST.classes)


def test_uncompressed_files_give_the_same_images(root, tmp_path):
    write_digits(tmp_path / "both")
    both = DATASETS["MNIST"]().located(tmp_path / "both").read(root, "test")
    for path in (tmp_path / "both").glob("*.gz"):
        path.unlink()
    assert DATASETS["MNIST"]().located(tmp_path / "both").read(root, "test").digest == both.digest


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: path.write_bytes(b"\0\0\x08\x01" + bytes(20)), "is not an IDX file of bytes in 3 dimensions"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "is not an IDX file of bytes in 3 dimensions"),
        (lambda path: path.write_bytes(path.read_bytes()[:10]), "is not an IDX file of bytes in 3 dimensions"),
        (lambda path: path.write_bytes(b""), "is not an IDX file of bytes in 3 dimensions"),
        (lambda path: path.unlink(), "cannot read .*train-images-idx3-ubyte"),
    ],
)
def test_a_malformed_idx_file_is_named_in_the_error(change, words, root, tmp_path):
    write_digits(tmp_path / "x")
    for path in (tmp_path / "x").glob("*.gz"):
        path.unlink()
    change(tmp_path / "x/train-images-idx3-ubyte")
    with pytest.raises(DataError, match=words):
        DATASETS["MNIST"]().located(tmp_path / "x").read(root, "train")


def test_a_wrong_number_of_labels_is_refused(root, tmp_path):
    write_digits(tmp_path)
    write_idx(tmp_path, "train-labels-idx1-ubyte", random(10, below=10))
    with pytest.raises(DataError, match="does not hold a label below 10 for each image"):
        DATASETS["MNIST"]().located(tmp_path).read(root, "train")


def test_svhn_equals_torchvision_and_maps_label_ten_to_zero(root, tmp_path, monkeypatch):
    labels = np.array([10, 1, 9, 10, 5], dtype=np.uint8).reshape(-1, 1)
    scipy.io.savemat(tmp_path / "train_32x32.mat", {"X": random(32, 32, 3, 5), "y": labels}, do_compression=True)
    monkeypatch.setattr(torchvision.datasets.svhn, "check_integrity", lambda *arguments: True)
    theirs = torchvision.datasets.SVHN(tmp_path, "train")
    ours = DATASETS["SVHN"]().located(tmp_path).read(root, "train")
    assert np.array_equal(ours.pixels.numpy(), theirs.data)
    assert ours.labels.tolist() == theirs.labels.tolist() == [0, 1, 9, 0, 5]


@pytest.mark.parametrize("content", [b"damaged", None])
def test_a_malformed_svhn_file_is_named_in_the_error(content, root, tmp_path):
    path = tmp_path / "train_32x32.mat"
    scipy.io.savemat(path, {"Z": 1})
    if content:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"train_32x32.mat"):
        DATASETS["SVHN"]().located(tmp_path).read(root, "train")


def write_stl10(folder, words=("train", "test", "unlabeled")):
    folder.mkdir(parents=True)
    for n, word in enumerate(words, 3):
        (folder / f"{word}_X.bin").write_bytes(random(n, 3, 96, 96).tobytes())
        (folder / f"{word}_y.bin").write_bytes(bytes(range(1, n + 1)))


@pytest.mark.parametrize("split", ["train", "test"])
def test_stl10_equals_torchvision(split, root, tmp_path, monkeypatch):
    write_stl10(tmp_path / "stl10_binary")
    monkeypatch.setattr(torchvision.datasets.stl10, "check_integrity", lambda *arguments: True)
    theirs = torchvision.datasets.STL10(tmp_path, split)
    ours = DATASETS["STL10"]().located(tmp_path / "stl10_binary").read(root, split)
    assert np.array_equal(ours.pixels.numpy(), theirs.data)
    assert ours.labels.tolist() == theirs.labels.tolist()


def test_stl10_pixels_are_stored_column_by_column(root, tmp_path):
    write_stl10(tmp_path / "x")
    content = (tmp_path / "x/train_X.bin").read_bytes()
    image = DATASETS["STL10"]().located(tmp_path / "x").read(root, "train").pixels[0]
    assert image[0, :, 0].tolist() == list(content[:96])


@pytest.mark.parametrize(("images", "labels"), [(3 * 27648, b"\x01\x02"), (0, b""), (27648, b"\x0b"), (27648, b"\0")])
def test_stl10_images_without_labels_are_refused(images, labels, root, tmp_path):
    write_stl10(tmp_path / "x")
    (tmp_path / "x/train_X.bin").write_bytes(bytes(images))
    (tmp_path / "x/train_y.bin").write_bytes(labels)
    with pytest.raises(DataError, match="does not hold an image for each label"):
        DATASETS["STL10"]().located(tmp_path / "x").read(root, "train")


def test_shrunk_images_are_stored_and_equal_those_of_pillow(root, tmp_path):
    write_digits(tmp_path)
    dataset = DATASETS["MNIST"]().located(tmp_path)
    small, again = (dataset.read_downsampled(root, "test", 7) for _ in range(2))
    whole = dataset.read(root, "test").pixels[:, 0].numpy()
    expected = [np.asarray(Image.fromarray(each).resize((7, 7), Image.Resampling.BILINEAR)) for each in whole]
    assert np.array_equal(small.pixels[:, 0].numpy(), expected)
    assert small.digest == again.digest == Images.of(small.pixels, small.labels, small.classes).digest
    assert len(list((root / "decoded").iterdir())) == 2
    with pytest.raises(DataError, match="DownSample 29 would enlarge"):
        dataset.read_downsampled(root, "test", 29)


def test_a_changed_file_is_decoded_again(root, tmp_path):
    write_digits(tmp_path)
    before = DATASETS["MNIST"]().located(tmp_path).read(root, "test")
    write_idx(tmp_path, "t10k-labels-idx1-ubyte", np.zeros(7, dtype=np.uint8))
    assert DATASETS["MNIST"]().located(tmp_path).read(root, "test").labels.tolist() == [0] * 7 != before.labels.tolist()


def test_files_in_the_data_folder_must_have_the_published_digest(root):
    write_digits(root / CATALOGUE["MNIST"].home)
    with pytest.raises(DataError, match="instead of the published f68b3c2dcbeaaa9fbdd348bbdeb94873"):
        DATASETS["MNIST"]().read(root, "train")


def test_a_decompressed_file_replaces_its_archive(root):
    write_digits(folder := root / CATALOGUE["MNIST"].home)
    for path in folder.glob("*.gz"):
        path.unlink()
    assert len(DATASETS["MNIST"]().read(root, "train")) == 11


def test_a_missing_datapath_is_named_in_the_error(root):
    with pytest.raises(DataError, match=r"there is no folder /no/where. DataPath must name the folder of MNIST"):
        DATASETS["MNIST"]().located("/no/where").read(root, "train")
