"""Stanford Cars (Krause et al., 3dRR 2013), from its development kit or from class folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from Arch.datasets import DATASETS
from Arch.datasets.access import damaged
from Arch.datasets.dataset import SplitName
from Arch.datasets.decoding.folder_files import FolderFiles, ListedFiles
from Arch.datasets.decoding.image_files import ImageFile, ImageFiles
from Arch.datasets.decoding.matlab import read_matlab
from Arch.datasets.sources.folder_dataset import ImageFileDataset
from Arch.errors import DataError

_LISTS: dict[SplitName, str] = {"train": "cars_train_annos.mat", "test": "cars_test_annos_withlabels.mat"}


@DATASETS.register("StanfordCars")
@dataclass(frozen=True)
class StanfordCars(ImageFileDataset):
    """16,185 photographs of 196 models of cars, RGB of many sizes: 8,144 train, 8,041 test; not downloaded.

    Either as published: `cars_train/`, `cars_test/` and `devkit/` with `cars_meta.mat`, `cars_train_annos.mat` and
    `cars_test_annos_withlabels.mat` (which may be beside the kit); labels in the order of the kit. Or as folders
    `train/class/` and `test/class/`; labels in the order of the class names. Images are resized to squares of
    `DownSample` pixels.
    """

    def files_in(self, folder: Path, split: SplitName) -> ImageFiles:
        """Lists the images of a split in the order of its list or of their names."""
        kit = folder / "devkit"
        if not kit.is_dir():
            return FolderFiles(folder, split, has_own_path=False)
        path = next((place / _LISTS[split] for place in (folder, kit) if (place / _LISTS[split]).exists()), None)
        if path is None:
            raise DataError(f"{folder} has no {_LISTS[split]}, the labels of the {split} split. Put it there.", folder)
        classes = _flat(read_matlab(kit / "cars_meta.mat"), "class_names", kit)
        cars = _flat(read_matlab(path), "annotations", path)
        names = dict(enumerate((str(name.item()) for name in classes), 1))
        try:
            files = [ImageFile(names[int(car["class"].item())], f"cars_{split}/{car['fname'].item()}") for car in cars]
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise damaged(path, f"{path} is not a list of the development kit: {error}") from error
        return ListedFiles(folder, tuple(files), tuple(names.values()))


def _flat(content: dict[str, Any], name: str, path: Path) -> list[Any]:
    if name not in content:
        raise damaged(path, f"{path} does not hold {name!r}")
    return list(content[name].reshape(-1))
