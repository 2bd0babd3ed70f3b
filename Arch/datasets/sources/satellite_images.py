"""EuroSAT and PatternNet, images of the earth: one folder for each class, without a standard split."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import ClassVar

from Arch.datasets import DATASETS
from Arch.datasets.dataset import SplitName
from Arch.datasets.decoding.folder_files import ListedFiles, files_of_classes
from Arch.datasets.decoding.image_files import ImageFiles
from Arch.datasets.sources.digits import TEST_EVERY
from Arch.datasets.sources.folder_dataset import ImageFileDataset


class _ClassFolders(ImageFileDataset, ABC):
    """Base class: every fifth image of each class, sorted by name (code points), is a test sample.

    Class attributes:
        below: the folder that contains the class folders; the dataset folder is used if it does not exist.
    """

    below: ClassVar[str]

    def files_in(self, folder: Path, split: SplitName) -> ImageFiles:
        """Lists the images of a split by class and then by name."""
        top = folder / self.below if (folder / self.below).is_dir() else folder
        by_class = [list(files) for _, files in groupby(files_of_classes(top), lambda file: file.class_name)]
        chosen = [
            file
            for files in by_class
            for rank, file in enumerate(files)
            if (rank % TEST_EVERY == TEST_EVERY - 1) == (split == "test")
        ]
        return ListedFiles(top, tuple(chosen), tuple(files[0].class_name for files in by_class))


@DATASETS.register("EuroSAT")
@dataclass(frozen=True)
class EuroSAT(_ClassFolders):
    """27,000 satellite images of 10 kinds of land, 64x64 RGB: 21,600 train, 5,400 test; downloaded (94 MB).

    There is no standard split. In this project every fifth image of each class, sorted by file name (code points, so
    that all file systems agree), is a test sample.

    Source: Helber et al., IEEE JSTARS 2019.
    """

    below = "2750"


@DATASETS.register("PatternNet")
@dataclass(frozen=True)
class PatternNet(_ClassFolders):
    """30,400 aerial images of 38 kinds of places, 256x256 RGB: 24,320 train, 6,080 test; downloaded (1.4 GB).

    There is no standard split. In this project every fifth image of each class, sorted by file name, is a test sample.

    Source: Zhou et al., ISPRS Journal 2018.
    """

    below = "images"
