"""SUB: generated photographs of birds with one replaced attribute (Bader et al., arXiv 2507.23784)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch

from Arch.datasets import DATASETS
from Arch.datasets.dataset import ImageDataset, Images, SplitName
from Arch.datasets.decoding.array_files import StoredArray, arrays_in
from Arch.datasets.decoding.folder_files import ListedFiles, files_of_classes
from Arch.datasets.decoding.image_files import ImageFile, ImageFiles
from Arch.datasets.decoding.images import DecodeStyle, decode_images
from Arch.datasets.decoding.parquet_rows import ChosenRows, ParquetTable, RowImages
from Arch.datasets.decoding.samples import Labels, Samples, classes_of, labels_of
from Arch.datasets.decoding.store import decoded
from Arch.datasets.sources.folder_dataset import decoded_arrays, key_of
from Arch.datasets.stratified import Ids, stratified_split
from Arch.errors import DataError
from Arch.tensor_files import ImplausibleTensorsError, plain_tensors, read_torch

TARGETS = {"bird": "labels", "attribute": "attributes"}
COLUMNS = {"bird": "bird_label", "attribute": "attr_label"}
FORMS = ("embeddings", "images")
FILES = tuple(f"SUB_dinov2_embeddings{suffix}" for suffix in (".pt", ".npz", ".safetensors"))


@DATASETS.register("SUB")
@dataclass(frozen=True)
class SUB(ImageDataset):
    """38,400 generated photographs of 33 birds with 33 attributes, or their embeddings: 56 % train, 30 % test.

    Embeddings are a file of three arrays: `embeddings` `(N, D)` (of DINOv2-base's class token, D = 768, in the
    source), `labels` `(N,)`, the birds, and `attributes` `(N,)`; a `.pt` that `torch.save` wrote of a dictionary with
    these tensors, an `.npz` or a `.safetensors`. Images are a folder with the published `test-*.parquet` files, whose
    columns are `image`, `bird_label` and `attr_label` (extra `[parquet]`), or of `bird/attribute/image` files.

    They are in the folder `SUB` of the data folder, or in `DataPath`. The samples are split 70 to 30 into those for
    training and testing, and the former 80 to 20 into those for training and validation, stratified by birds. The
    validation samples of the source are not used; `Validation` holds out training samples, as for every dataset.

    Attributes:
        target: the labels, one of `TARGETS`.
        form: one of `FORMS`.

    Source: the preparation in arXiv 2602.15438: scikit-learn's `train_test_split` with random_state 42. It splits the
    embeddings in the order of their file. The rows of the parquet files are split in the same order; image files are
    split in the order of their names, and the images of a split are in ascending order.
    """

    target: str
    form: str

    def read(self, root: Path, split: SplitName) -> Images:
        """Reads the samples of a split from the folder `SUB` of the data folder; see `ImageDataset.read`."""
        return LocatedSUB(self, root / "SUB").read(root, split)

    def read_downsampled(self, root: Path, split: SplitName, size: int) -> Images:
        """Reads the images of a split shrunk to `size` x `size`; embeddings are refused."""
        return LocatedSUB(self, root / "SUB").read_downsampled(root, split, size)

    def located(self, path: str | Path) -> ImageDataset:
        """Returns the dataset that reads from `path`; itself if the path is empty."""
        return LocatedSUB(self, Path(path)) if str(path).strip() else self


@dataclass(frozen=True)
class LocatedSUB(ImageDataset):
    """`SUB` with the path of its data.

    Attributes:
        dataset: the target and form of the samples.
        path: a folder, or a file of embeddings.
    """

    dataset: SUB
    path: Path

    @property
    def name(self) -> str:
        """The name of the dataset in messages."""
        return self.dataset.name

    def read(self, root: Path, split: SplitName) -> Images:
        """Reads the samples of a split; see `ImageDataset.read`."""
        if self.dataset.form == "images":
            return self._images(root, split, None)
        path = self._embeddings_file()
        key = f"SUB-{self.dataset.target}"
        return decoded_arrays(root, key, split, [path], lambda target: self._copy(path, split, target))

    def read_downsampled(self, root: Path, split: SplitName, size: int) -> Images:
        """Reads the images of a split, each shrunk when it is decoded; embeddings are refused."""
        if self.dataset.form == "images":
            return self._images(root, split, size)
        return super().read_downsampled(root, split, size)

    def _embeddings_file(self) -> Path:
        if not self.path.is_dir() and self.path.exists():
            return self.path
        for name in FILES:
            if (self.path / name).exists():
                return self.path / name
        raise DataError(
            f"there is no {FILES[0]} (or .npz, .safetensors) in {self.path}: put the embeddings there, or name "
            "their file in DataPath.",
            self.path,
        )

    def _copy(self, path: Path, split: SplitName, target: Path) -> None:
        with _arrays(path) as arrays:
            missing = [name for name in ("embeddings", *TARGETS.values()) if name not in arrays]
            if missing:
                raise DataError(f"{path} has no {' and no '.join(missing)}; it has {', '.join(arrays)}.", path)
            embeddings = arrays["embeddings"]
            count = embeddings.shape[0] if embeddings.shape else 0
            labels = {each: labels_of(arrays[name], count) for each, name in TARGETS.items()}
            chosen = _chosen(labels["bird"], split, str(path))
            wanted, rows = labels[self.dataset.target], embeddings.whole()[chosen]
            classes = classes_of(None, int(wanted.max()), count, str(path))
            kept = StoredArray(embeddings.title, rows.shape, rows.dtype, lambda: iter([rows]))
            Samples.of(kept, "auto").write(target, wanted[chosen], classes)

    def _images(self, root: Path, split: SplitName, size: int | None) -> Images:
        if not self.path.is_dir():
            raise DataError(
                f"there is no folder {self.path}. DataPath must name the folder of the images of SUB.", self.path
            )
        parts = sorted((*self.path.glob("test-*.parquet"), *self.path.glob("data/test-*.parquet")))
        table = ParquetTable(tuple(parts))
        found = RowImages(table, lambda: self._rows(table, split)) if parts else self._files(split)
        style = DecodeStyle(is_colour=True)
        key = key_of(f"SUB-{self.dataset.target}", split, f"{size} {style}", found.stamp())
        return decoded(root, key, lambda target: decode_images(found, size, target, style))

    def _rows(self, table: ParquetTable, split: SplitName) -> ChosenRows:
        columns = {target: table.labels(column) for target, column in COLUMNS.items()}
        chosen = np.sort(_chosen(columns["bird"][0], split, str(self.path)))
        return ChosenRows(chosen, *columns[self.dataset.target])

    def _files(self, split: SplitName) -> ImageFiles:
        listed = files_of_classes(self.path)
        classes = [self._class_of(file) for file in listed]
        birds = np.unique([file.class_name for file in listed], return_inverse=True)[1]
        chosen = np.sort(_chosen(birds, split, str(self.path)))
        images = tuple(ImageFile(classes[each], listed[each].name) for each in chosen)
        return ListedFiles(self.path, images, tuple(sorted(set(classes))))

    def _class_of(self, file: ImageFile) -> str:
        bird, *between, _ = file.name.split("/")
        if not between:
            raise DataError(
                f"{self.path / file.name} is not in a folder of an attribute: expected bird/attribute/image."
            )
        return bird if self.dataset.target == "bird" else between[0]


def _chosen(birds: Labels, split: SplitName, title: str) -> Ids:
    """Returns the indices of the samples of a split."""
    kept, test = stratified_split(np.arange(len(birds)), birds, 0.3, title)
    return test if split == "test" else stratified_split(kept, birds, 0.2, title)[0]


@contextmanager
def _arrays(path: Path) -> Iterator[Mapping[str, StoredArray]]:
    """Opens the arrays of a file; `.pt` files of torch are supported, too."""
    if path.suffix != ".pt":
        with arrays_in(path) as arrays:
            yield arrays
        return
    content = _torch_content(path)
    if not isinstance(content, dict):
        raise DataError(f"{path} holds a {type(content).__name__}; expected a dictionary of tensors.", path)
    try:
        tensors = plain_tensors(content, path)
    except ImplausibleTensorsError as error:
        raise _unreadable(path, str(error)) from error
    yield {name: _of_tensor(f"{name} in {path}", tensor) for name, tensor in tensors.items()}


def _torch_content(path: Path) -> Any:
    try:
        return read_torch(path)
    except UnpicklingError as error:  # its text advises how to run the code in the file
        raise _unreadable(path, "it is damaged or holds other objects than tensors") from error
    except Exception as error:  # the bytes of the file steer the reader, which may raise anything
        raise _unreadable(path, str(error).partition("\n")[0] or type(error).__name__) from error


def _unreadable(path: Path, reason: str) -> DataError:
    return DataError(f"cannot read {path}: {reason}. Save a dictionary of tensors.", path)


def _of_tensor(title: str, tensor: torch.Tensor) -> StoredArray:
    array = (tensor.float() if tensor.is_floating_point() else tensor).detach().numpy()
    return StoredArray(title, array.shape, array.dtype, lambda: iter([array]))
