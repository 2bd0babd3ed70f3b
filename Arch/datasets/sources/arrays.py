"""The user's arrays: images or vectors with labels, in a NumPy or safetensors file."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from Arch.datasets import DATASETS
from Arch.datasets.dataset import SPLITS, ImageDataset, Images, SplitName
from Arch.datasets.decoding.array_files import StoredArray, arrays_in
from Arch.datasets.decoding.image_files import WORDS
from Arch.datasets.decoding.samples import Labels, Samples, classes_of, labels_of
from Arch.datasets.sources.folder_dataset import decoded_arrays
from Arch.datasets.sources.users_data import UsersDataset
from Arch.errors import DataError

SAMPLES, LABELS, CLASSES = ("x", "images", "data"), ("y", "labels", "targets"), ("classes", "class_names")

File = Mapping[str, StoredArray]


@DATASETS.register("Arrays")
@dataclass(frozen=True)
class Arrays(UsersDataset):
    """Images or vectors in an .npz or .safetensors file: x_train, y_train, x_test, y_test; nothing is unpickled.

    Samples are named `x`, `images` or `data`, labels `y`, `labels` or `targets`, with the prefix or suffix `train`, or
    `test`, `val` or `valid`, joined by an underscore; names are case-insensitive. Each split may have its own file,
    with `{split}` in DataPath; then the prefix or suffix is optional. Other arrays are ignored.

    Samples are uint8 or floating-point numbers, which are converted to float32: vectors `(N, D)`, grey images
    `(N, H, W)`, or images with channels. Labels are whole numbers from 0 on, `(N,)` or `(N, 1)`. The classes are
    called 0, 1, ... unless an array `classes` or `class_names` of strings (NumPy files only) names them.

    Attributes:
        layout: the axes of images with channels, one of `Arch.datasets.decoding.samples.LAYOUTS`.
    """

    layout: str
    path_kind = ".npz or .safetensors file with the arrays"

    def at(self, path: str) -> ImageDataset:
        """Returns the arrays in the file `path`, or in two files if it contains `{split}`."""
        return LocatedArrays(self, path)


@dataclass(frozen=True)
class LocatedArrays(ImageDataset):
    """`Arrays` with the path of their file.

    Attributes:
        arrays: the name and layout of the data.
        path: a file, which may contain `{split}`.
    """

    arrays: Arrays
    path: str

    @property
    def name(self) -> str:
        """The name of the data."""
        return self.arrays.name

    def read(self, root: Path, split: SplitName) -> Images:
        """Reads the samples of a split, memory-mapped from a copy that is made in parts at the first use.

        Raises:
            DataError: the arrays are missing, damaged or of another format than `Arrays` describes.
        """
        key = f"Arrays-{self.arrays.layout}"
        return decoded_arrays(root, key, split, dict.fromkeys(self._files.values()), partial(self._decode, split))

    @property
    def _files(self) -> dict[SplitName, Path]:
        return {split: file_of(self.path, split) for split in SPLITS}

    def _decode(self, split: SplitName, target: Path) -> None:
        files = self._files
        with ExitStack() as opened:
            arrays = {path: opened.enter_context(arrays_in(path)) for path in dict.fromkeys(files.values())}
            samples = {each: find(arrays[files[each]], SAMPLES, each, self.path) for each in SPLITS}
            labels = {each: self._labels(arrays[files[each]], each, samples[each]) for each in SPLITS}
            named = next((arrays[path][name] for path in arrays for name in CLASSES if name in arrays[path]), None)
            highest = max(int(each.max()) for each in labels.values())
            count = sum(len(each) for each in labels.values())
            classes = classes_of(named.whole() if named else None, highest, count, self.path)
            Samples.of(samples[split], self.arrays.layout).write(target, labels[split], classes)

    def _labels(self, arrays: File, split: SplitName, samples: StoredArray) -> Labels:
        if not samples.shape or not samples.shape[0]:
            raise DataError(
                f"{samples.title} holds no samples, its shape is {samples.shape}: each split needs at least one."
            )
        return labels_of(find(arrays, LABELS, split, self.path), samples.shape[0])


def file_of(path: str, split: SplitName) -> Path:
    """Returns the file of a split: `path` with `{split}` replaced by `train`; or by `test`, `val` or `valid`."""
    candidates = [Path(path.replace("{split}", word)) for word in WORDS[split]]
    return next((each for each in candidates if each.exists()), candidates[0])


def find(arrays: File, stems: tuple[str, ...], split: SplitName, path: str) -> StoredArray:
    """Finds the array of a split that is named by one of `stems`.

    Args:
        arrays: the arrays in the file of the split.
        stems: names without prefix or suffix; messages suggest the first one.
        split: the split to find.
        path: the DataPath; if it contains `{split}`, the stem alone is enough.

    Raises:
        DataError: there is no such array.
    """
    present = {name.lower(): array for name, array in arrays.items()}
    wanted = [name for word in WORDS[split] for stem in stems for name in (f"{stem}_{word}", f"{word}_{stem}")]
    if "{split}" in path:
        wanted += stems
    for name in wanted:
        if name in present:
            return present[name]
    known = ", ".join(filter(None, arrays)) or "none with a name"
    raise DataError(
        f"{file_of(path, split)} has no array {wanted[0]!r}; it has {known}. Call the arrays x_train, y_train, x_test "
        "and y_test."
    )
