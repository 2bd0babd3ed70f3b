"""STL-10 (Coates, Lee & Ng, AISTATS 2011), its labelled part, from its binary files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from Arch.datasets import DATASETS
from Arch.datasets.dataset import Images, SplitName
from Arch.datasets.decoding.store import ImageWriter
from Arch.datasets.sources.folder_dataset import FolderDataset, decoded_arrays
from Arch.errors import DataError

CLASSES = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")
SIDE = 96
_CHUNK = 512  # images transposed at once


@DATASETS.register("STL10")
@dataclass(frozen=True)
class STL10(FolderDataset):
    """13,000 labelled photographs, 10 classes, 96x96 RGB: 5,000 train, 8,000 test; downloaded (2.6 GB).

    In the files an image is three planes, red, green and blue, in column-major order; the labels 1 to 10 become 0 to 9.
    The 100,000 unlabelled images in the same folder are not read.
    """

    def read_in(self, folder: Path, root: Path, split: SplitName) -> Images:
        """Reads the images in a folder with `train_X.bin`, `train_y.bin` and so on; see `FolderDataset.read_in`."""
        paths = [folder / f"{split}_X.bin", folder / f"{split}_y.bin"]

        def decode(target: Path) -> None:
            labels = np.fromfile(paths[1], dtype=np.uint8).astype(np.int64) - 1
            shape = (len(labels), 3, SIDE, SIDE)
            is_known = len(labels) > 0 and set(labels.tolist()) <= set(range(len(CLASSES)))
            if not is_known or paths[0].stat().st_size != math.prod(shape):
                raise DataError(f"{paths[0]} does not hold an image for each label from 1 to 10 in {paths[1]}.", folder)
            columns = np.memmap(paths[0], dtype=np.uint8, mode="r", shape=shape)
            with ImageWriter(target, (len(labels), SIDE, SIDE, 3), CLASSES) as writer:
                for start in range(0, len(labels), _CHUNK):
                    writer.add(columns[start : start + _CHUNK].transpose(0, 3, 2, 1))
                writer.finish(labels)

        return decoded_arrays(root, self.name, split, paths, decode)
