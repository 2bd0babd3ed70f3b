"""ImageNet, ILSVRC 2012 (Russakovsky et al., IJCV 2015), from folders that the user provides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from Arch.datasets import DATASETS
from Arch.datasets.access import unreadable
from Arch.datasets.dataset import SplitName
from Arch.datasets.decoding.folder_files import ClassFolders, ListedFiles
from Arch.datasets.decoding.image_files import ImageFile, ImageFiles
from Arch.datasets.decoding.images import DecodeStyle
from Arch.datasets.sources.folder_dataset import ImageFileDataset
from Arch.datasets.sources.text_lists import lines_of
from Arch.errors import DataError

_SYNSETS = ("imagenet_2012_validation_synset_labels.txt", "synset_labels.txt")


@DATASETS.register("ImageNet")
@dataclass(frozen=True)
class ImageNet(ImageFileDataset):
    """1,331,167 photographs, 1,000 classes, RGB of many sizes: 1,281,167 train, 50,000 test (its `val`); by hand.

    The folder has `train/n.../` and `val/n.../`; or `val/` contains all images and a text file has their synsets, one
    per line, in the order of the file names (`imagenet_2012_validation_synset_labels.txt` or `synset_labels.txt`, in
    the folder or in `val/`). The classes are the sorted synsets, as in torchvision. The shorter side of an image is
    resized to `DownSample` pixels and the centre is cropped. Decoded images are memory-mapped (193 GB at 224 pixels,
    16 GB at 64).
    """

    @property
    def style(self) -> DecodeStyle:
        """RGB, cropped rather than resized to a square."""
        return DecodeStyle(is_colour=True, may_enlarge=True, is_cropped=True)

    def files_in(self, folder: Path, split: SplitName) -> ImageFiles:
        """Lists the images of a split, by synset and then by name, or by name."""
        flat = _flat_images(folder / "val") if split == "test" else []
        if not flat:
            return ClassFolders(folder / ("train" if split == "train" else "val"))
        path = next((at / name for at in (folder, folder / "val") for name in _SYNSETS if (at / name).exists()), None)
        if path is None:
            raise DataError(
                f"the images in {folder / 'val'} are not in one folder for each synset, and there is no {_SYNSETS[0]} "
                "with the synset of each image. Add either.",
                folder,
            )
        synsets = [synset for (synset,) in lines_of(path, 1)]
        if len(synsets) != len(flat):
            raise DataError(f"{path} has {len(synsets)} lines for {len(flat)} images: it needs one for each.", path)
        pairs = zip(synsets, flat, strict=True)
        return ListedFiles(folder / "val", tuple(ImageFile(synset, name) for synset, name in pairs))


def _flat_images(folder: Path) -> list[str]:
    """Lists the names of the images in `val` itself, sorted."""
    try:
        return sorted(path.name for path in folder.iterdir() if path.suffix.lower() in {".jpeg", ".jpg"})
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unreadable(folder, error) from error
