"""The Oxford-IIIT Pet Dataset (Parkhi et al., CVPR 2012), read by the lists of its authors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from Arch.datasets import DATASETS
from Arch.datasets.access import damaged
from Arch.datasets.dataset import SplitName
from Arch.datasets.decoding.folder_files import ListedFiles
from Arch.datasets.decoding.image_files import ImageFile, ImageFiles
from Arch.datasets.sources.folder_dataset import ImageFileDataset
from Arch.datasets.sources.text_lists import lines_of

_LISTS: dict[SplitName, str] = {"train": "trainval.txt", "test": "test.txt"}


@DATASETS.register("OxfordPets")
@dataclass(frozen=True)
class OxfordPets(ImageFileDataset):
    """7,349 photographs of 37 breeds of cats and dogs, RGB of many sizes: 3,680 train, 3,669 test; downloaded (811 MB).

    Labels are the second column of `annotations/trainval.txt` minus one, and class names those of torchvision. Images
    are resized to squares of `DownSample` pixels.
    """

    def files_in(self, folder: Path, split: SplitName) -> ImageFiles:
        """Lists the images of a split in the order of its list."""
        path = folder / "annotations" / _LISTS[split]
        lines = lines_of(path, 2)
        try:
            names = {int(number): _breed(image) for image, number in lines}
        except ValueError as error:
            raise damaged(path, f"{path} has no numbers of breeds: {error}") from error
        files = tuple(ImageFile(_breed(image), f"images/{image}.jpg") for image, _ in lines)
        return ListedFiles(folder, files, tuple(names[number] for number in sorted(names)))


def _breed(image: str) -> str:
    return image.rpartition("_")[0].replace("_", " ").title()
