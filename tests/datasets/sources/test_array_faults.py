"""Each fault in the user's arrays gives an error of one sentence."""

import re

import numpy as np
import pytest

from Arch.datasets.loading import load
from Arch.datasets.sources.arrays import Arrays
from Arch.errors import DataError

SOUND = {
    "x_train": np.zeros((8, 3), np.float32),
    "y_train": np.arange(8) % 2,
    "x_test": np.ones((4, 3), np.float32),
    "y_test": np.arange(4) % 2,
}


def with_value(name, index, value):
    array = SOUND[name].astype(np.float64)
    array[index] = value
    return {name: array}


FAULTS = {
    "a missing array": ({"y_test": None}, r"data.npz has no array 'y_test'; it has x_train, y_train, x_test. Call the"),
    "too few labels": (
        {"y_train": np.arange(7)},
        r"y_train in .* has shape \(7,\); expected one label for each of the 8",
    ),
    "one-hot labels": ({"y_test": np.eye(4)}, r"y_test in .* has shape \(4, 4\); expected one label for each of the 4"),
    "a negative label": (
        with_value("y_train", 5, -1),
        r"1 of the 8 labels in y_train in .* are not whole numbers from 0 on, the first is -1.0 at index 5: number the",
    ),
    "a label between two": (with_value("y_train", 2, 0.5), r"1 of the 8 labels .* the first is 0.5 at index 2"),
    "a label that is NaN": (
        with_value("y_train", 3, np.nan),
        r"1 of the 8 labels .* the first is nan at index 3",
    ),
    "strings as labels": (
        {"y_train": np.array(["a"] * 8)},
        r"y_train in .* holds str.* values; labels are whole numbers",
    ),
    "labels out of range": (
        {"y_test": np.array([1, 2, 3, 900])},
        r"labels of .* go up to 900, but there are only 12",
    ),
    "too few names": ({"classes": np.array(["a"])}, r"names 1 different classes in 1 names, but its labels go up to 1"),
    "a name twice": ({"classes": np.array(["a", "a"])}, r"names 1 different classes in 2 names"),
    "Python objects": (
        {"x_train": np.array([{}] * 8, dtype=object)},
        r"x_train in .* holds Python objects, which are never read: save an array of numbers",
    ),
    "Python objects as labels": (
        {"y_train": np.array([None] * 8, dtype=object)},
        r"y_train in .* holds Python objects",
    ),
    "integers of 64 bits": (
        {"x_train": np.zeros((8, 3), np.int64)},
        r"x_train in .* holds int64 values; expected uint8 \(images of bytes\) or floating-point numbers: convert it",
    ),
    "too many axes": (
        {"x_train": np.zeros((8, 1, 1, 1, 3), np.float32)},
        r"has shape \(8, 1, 1, 1, 3\); expected vectors",
    ),
    "no samples": ({"x_test": np.zeros((0, 3)), "y_test": np.zeros(0)}, r"x_test in .* holds no samples"),
    "an ambiguous layout": (
        {"x_train": np.zeros((8, 3, 3, 3), np.uint8)},
        r"has shape \(8, 3, 3, 3\), from which the axis of the channels cannot be determined: set ArraysLayout to N",
    ),
    "channels on neither axis": ({"x_train": np.zeros((8, 5, 5, 5), np.uint8)}, r"from which the axis of the channels"),
    "a value that is NaN": (
        with_value("x_train", (0, 0), np.nan),
        r"1 of the 24 values in the train split of mine .* are infinite or not a number",
    ),
    "numbers beyond float32": (
        with_value("x_test", (1, 2), 1e300),
        r"1 of the 12 values in the test split of mine .* are infinite or not a number",
    ),
    "splits of two types": ({"x_test": np.zeros((4, 3), np.uint8)}, r"holds float32 numbers and its test split uint8"),
    "splits of two widths": ({"x_test": np.zeros((4, 2), np.float32)}, r"are 3x1x1 .* and 2x1x1"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_gives_an_error_of_one_sentence(name, tmp_path, root):
    changes, message = FAULTS[name]
    np.savez(tmp_path / "data.npz", **{key: each for key, each in {**SOUND, **changes}.items() if each is not None})
    with pytest.raises(DataError, match=message) as caught:
        load(Arrays("mine", "auto"), root, data_path=tmp_path / "data.npz")
    assert "\n" not in str(caught.value)


FILES = {
    "no file": ("data.npz", None, r"cannot read .*data.npz: no such file"),
    "no arrays": ("data.txt", b"words", r"data.txt is not a file of arrays: expected one that ends in .npz, .safetens"),
    "not a zip": ("data.npz", b"plain words", r"cannot read .*data.npz: File is not a zip file. Replace it"),
    "not a safetensors file": ("data.safetensors", b"plain words", r"cannot read .*data.safetensors: .* Replace it"),
}


@pytest.mark.parametrize("name", FILES)
def test_an_unreadable_file_is_named_in_the_error(name, tmp_path, root):
    filename, content, message = FILES[name]
    if content is not None:
        (tmp_path / filename).write_bytes(content)
    with pytest.raises(DataError, match=message):
        Arrays("mine", "auto").located(tmp_path / filename).read(root, "train")


def test_a_truncated_npz_is_named_in_the_error(tmp_path, root):
    path = tmp_path / "data.npz"
    np.savez(path, **SOUND)
    content = bytearray(path.read_bytes())
    start = content.index(b"\x93NUMPY")
    content[start + 130 : start + 140] = b"x" * 10
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"cannot read {re.escape(str(path))}: Bad CRC-32 for file"):
        Arrays("mine", "auto").located(path).read(root, "train")


def test_an_empty_datapath_is_an_error_with_advice(root):
    with pytest.raises(
        DataError, match=r"DataPath is empty: it must name the .npz or .safetensors file with the arrays of"
    ):
        load(Arrays("mine", "auto"), root)
