"""Tiny ImageNet (Le & Yang, CS231N 2015), from its original folders or from parquet files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from Arch.datasets import DATASETS
from Arch.datasets.dataset import SplitName
from Arch.datasets.decoding.folder_files import ClassFolders, ListedFiles, files_of_classes
from Arch.datasets.decoding.image_files import WORDS, ImageFile, ImageFiles
from Arch.datasets.decoding.parquet_rows import all_rows
from Arch.datasets.sources.folder_dataset import ImageFileDataset
from Arch.datasets.sources.text_lists import lines_of


@DATASETS.register("TinyImageNet")
@dataclass(frozen=True)
class TinyImageNet(ImageFileDataset):
    """110,000 photographs, 200 classes, 64x64 RGB: 100,000 train, 10,000 test (its `val`); downloaded (248 MB).

    Either as published: `train/n.../images/`, `val/images/` and `val/val_annotations.txt` (or `val/n.../`); the
    unlabelled test images are not used. Or, with pyarrow, as parquet files `train-*.parquet` and `valid-*.parquet` (in
    the folder or in `data/`) whose columns are `image` (with `bytes`) and `label`. The classes are the sorted WordNet
    numbers in both cases.
    """

    def files_in(self, folder: Path, split: SplitName) -> ImageFiles:
        """Lists the images of a split by class and then by name, as in `val_annotations.txt`, or by rows."""
        parts = _parquet(folder, split)
        if parts:
            return all_rows(parts, "label")
        if split == "train":
            return ClassFolders(folder / "train", "images")
        if any((folder / "val").glob("n[0-9]*")):
            sorted_in = (file for file in files_of_classes(folder / "val") if file.class_name != "images")
            return ListedFiles(folder / "val", tuple(sorted_in))
        listed = lines_of(folder / "val" / "val_annotations.txt", 2)
        files = (ImageFile(class_name, f"val/images/{name}") for name, class_name in listed)
        return ListedFiles(folder, tuple(files))


def _parquet(folder: Path, split: SplitName) -> tuple[Path, ...]:
    for word in WORDS[split]:
        for below in (folder, folder / "data"):
            if parts := tuple(sorted(below.glob(f"{word}*.parquet"))):
                return parts
    return ()
