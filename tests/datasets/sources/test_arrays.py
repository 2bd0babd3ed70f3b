"""The user's arrays in NumPy and safetensors files. Oracle: the written arrays."""

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from Arch.datasets.decoding import store as decoding
from Arch.datasets.loading import load
from Arch.datasets.sources.arrays import Arrays

GENERATOR = np.random.default_rng(0)
LABELS = {"train": np.arange(12) % 3, "test": np.arange(6) % 3}


def pixels(*shape, dtype=np.uint8):
    values = GENERATOR.integers(0, 256, shape)
    return values.astype(dtype) if np.issubdtype(dtype, np.integer) else (values / 7).astype(dtype)


def splits(*shape, dtype=np.uint8):
    return {split: pixels(len(labels), *shape, dtype=dtype) for split, labels in LABELS.items()}


def named(x, labels=None, **more):
    labels = labels or LABELS
    return {f"x_{split}": x[split] for split in x} | {f"y_{split}": labels[split] for split in labels} | more


def write(path, arrays, compressed=False):
    if path.suffix == ".safetensors":
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)
    else:
        (np.savez_compressed if compressed else np.savez)(path, **arrays)
    return path


def read(path, root, layout="auto"):
    dataset = Arrays("mine", layout).located(path)
    return {split: dataset.read(root, split) for split in LABELS}


LAYOUTS = {
    "vectors": ((5,), lambda x: x[:, :, None, None]),
    "grey": ((4, 6), lambda x: x[:, None]),
    "channels last": ((4, 6, 3), lambda x: x.transpose(0, 3, 1, 2)),
    "one channel last": ((4, 6, 1), lambda x: x.transpose(0, 3, 1, 2)),
    "channels first": ((3, 4, 6), lambda x: x),
}


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float16, np.float64])
@pytest.mark.parametrize("name", LAYOUTS)
def test_samples_equal_the_written_arrays(name, dtype, suffix, tmp_path, root):
    shape, as_nchw = LAYOUTS[name]
    x = splits(*shape, dtype=dtype)
    found = read(write(tmp_path / f"data{suffix}", named(x)), root)
    for split, labels in LABELS.items():
        expected = as_nchw(x[split]).astype(np.uint8 if dtype is np.uint8 else np.float32)
        assert found[split].pixels.numpy().tolist() == expected.tolist()
        assert found[split].pixels.dtype == (torch.uint8 if dtype is np.uint8 else torch.float32)
        assert found[split].labels.tolist() == labels.tolist()
        assert found[split].classes == ("0", "1", "2")


@pytest.mark.parametrize("is_by_column", [True, False])
@pytest.mark.parametrize("compressed", [True, False])
def test_large_arrays_are_read_in_parts_and_in_order(is_by_column, compressed, tmp_path, root, monkeypatch):
    monkeypatch.setattr("Arch.datasets.decoding.array_files._PART", 200)
    x = {split: np.asarray(each, order="F" if is_by_column else "C") for split, each in splits(5, 4, 3).items()}
    found = read(write(tmp_path / "data.npz", named(x), compressed), root)
    assert found["train"].pixels.permute(0, 2, 3, 1).numpy().tolist() == x["train"].tolist()


def test_only_one_part_is_in_memory(tmp_path, root, monkeypatch):
    monkeypatch.setattr("Arch.datasets.decoding.array_files._PART", 60)
    sizes = []
    add = decoding.ImageWriter.add
    monkeypatch.setattr(decoding.ImageWriter, "add", lambda self, part: sizes.append(part.nbytes) or add(self, part))
    read(write(tmp_path / "data.npz", named(splits(5, 4, 3))), root)
    assert set(sizes) == {60}


def test_an_explicit_layout_is_used(tmp_path, root):
    x = splits(3, 3, 3)
    path = write(tmp_path / "data.npz", named(x))
    assert read(path, root, "NCHW")["train"].pixels.tolist() == x["train"].tolist()
    assert read(path, root, "NHWC")["train"].pixels.tolist() == x["train"].transpose(0, 3, 1, 2).tolist()


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("X_train", "Y_train", "X_test", "Y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("train_x", "train_y", "val_x", "val_y"),
        ("data_train", "targets_train", "data_valid", "targets_valid"),
    ],
)
def test_arrays_may_have_several_names(names, tmp_path, root):
    x = splits(5)
    arrays = dict(zip(names, (x["train"], LABELS["train"], x["test"], LABELS["test"]), strict=True))
    found = read(write(tmp_path / "data.npz", {**arrays, "x_extra": np.zeros(1)}), root)
    assert found["test"].pixels[:, :, 0, 0].tolist() == x["test"].tolist()
    assert found["train"].labels.tolist() == LABELS["train"].tolist()


@pytest.mark.parametrize("word", ["test", "val", "valid"])
def test_each_split_may_have_its_own_file(word, tmp_path, root):
    x = splits(5)
    write(tmp_path / "train.npz", {"x": x["train"], "y": LABELS["train"], "class_names": np.array(["a", "b", "c"])})
    write(tmp_path / f"{word}.npz", {"x": x["test"], "y": LABELS["test"]})
    found = read(tmp_path / "{split}.npz", root)
    assert found["test"].pixels[:, :, 0, 0].tolist() == x["test"].tolist()
    assert found["train"].classes == found["test"].classes == ("a", "b", "c")


@pytest.mark.parametrize("names", [np.array(["cat", "dog", "owl"]), np.array([b"cat", b"dog", b"owl"])])
def test_classes_have_the_names_of_the_array(names, tmp_path, root):
    found = read(write(tmp_path / "data.npz", named(splits(5), classes=names)), root)
    assert found["test"].classes == ("cat", "dog", "owl")


def test_class_names_that_are_not_utf8_are_escaped(tmp_path, root):
    latin = np.array([b"cat", b"dog", b"gr\xfcn"])
    found = read(write(tmp_path / "data.npz", named(splits(5), classes=latin)), root)
    assert found["test"].classes == ("cat", "dog", r"gr\xfcn")


@pytest.mark.parametrize("labels", [lambda y: y[:, None], lambda y: y.astype(np.float32), lambda y: y.astype(np.uint8)])
def test_labels_may_be_a_column_or_of_another_type(labels, tmp_path, root):
    y = {split: labels(each) for split, each in LABELS.items()}
    found = read(write(tmp_path / "data.npz", named(splits(5), y)), root)
    assert found["train"].labels.tolist() == LABELS["train"].tolist()


def test_both_splits_have_the_classes_of_both(tmp_path, root):
    y = {**LABELS, "train": np.zeros(12, dtype=int)}
    found = read(write(tmp_path / "data.npz", named(splits(5), y)), root)
    assert found["train"].classes == found["test"].classes == ("0", "1", "2")


def test_arrays_are_decoded_once_and_again_after_a_change(tmp_path, root):
    path = write(tmp_path / "data.npz", named(splits(5)))
    first = read(path, root)["train"].digest
    assert read(path, root)["train"].digest == first
    assert len(list((root / "decoded").iterdir())) == 2
    write(path, named(splits(6)))
    assert read(path, root)["train"].digest != first


def test_messages_about_arrays_begin_with_their_name(tmp_path, root):
    data = load(
        Arrays("mine", "auto"), root, data_path=write(tmp_path / "data.npz", named(splits(5, dtype=np.float32)))
    )
    assert (data.name, data.shape, len(data.train), len(data.test)) == ("mine", (5, 1, 1), 12, 6)
