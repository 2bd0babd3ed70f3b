"""Caltech-UCSD Birds 200, 2011 (Wah et al., CNS-TR-2011-001), read by the lists of its authors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from Arch.datasets import DATASETS
from Arch.datasets.dataset import SplitName
from Arch.datasets.decoding.folder_files import ListedFiles
from Arch.datasets.decoding.image_files import ImageFile, ImageFiles
from Arch.datasets.sources.folder_dataset import ImageFileDataset
from Arch.datasets.sources.text_lists import chosen, lines_of


@DATASETS.register("CUB200")
@dataclass(frozen=True)
class CUB200(ImageFileDataset):
    """11,788 photographs of 200 kinds of birds, RGB of many sizes: 5,994 train, 5,794 test; downloaded (1.2 GB).

    `images.txt`, `image_class_labels.txt` and `train_test_split.txt` have a line for each image, which begins with its
    number; `classes.txt` names the classes. Images are resized to squares of `DownSample` pixels.
    """

    def files_in(self, folder: Path, split: SplitName) -> ImageFiles:
        """Lists the images of a split in the order of `images.txt`."""
        classes = dict(_pairs(folder / "classes.txt"))
        labels, parts = dict(_pairs(folder / "image_class_labels.txt")), dict(_pairs(folder / "train_test_split.txt"))
        wanted = "1" if split == "train" else "0"
        files = [
            ImageFile(_class_of(folder, number, labels, classes), f"images/{name}")
            for number, name in _pairs(folder / "images.txt")
            if chosen(folder / "images.txt", parts, number) == wanted
        ]
        return ListedFiles(folder, tuple(files), tuple(classes.values()))


def _pairs(path: Path) -> list[tuple[str, str]]:
    return [(first, second) for first, second in lines_of(path, 2)]


def _class_of(folder: Path, number: str, labels: dict[str, str], classes: dict[str, str]) -> str:
    path = folder / "image_class_labels.txt"
    return chosen(path, classes, chosen(path, labels, number))
