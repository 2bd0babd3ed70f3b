"""Street View House Numbers, cropped digits (Netzer et al., NIPS workshop 2011), from its MATLAB files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from Arch.datasets import DATASETS
from Arch.datasets.dataset import Images, SplitName
from Arch.datasets.decoding.matlab import read_matlab
from Arch.datasets.decoding.store import ImageWriter
from Arch.datasets.sources.folder_dataset import FolderDataset, decoded_arrays
from Arch.errors import DataError

CLASSES = tuple("0123456789")


@DATASETS.register("SVHN")
@dataclass(frozen=True)
class SVHN(FolderDataset):
    """99,289 digits of house numbers, 10 classes, 32x32 RGB: 73,257 train, 26,032 test; downloaded (246 MB).

    A file holds `X` `(32, 32, 3, N)` and `y` `(N, 1)`, in which 10 stands for the digit 0 and becomes label 0. The
    531,131 images of the split `extra` are not used.
    """

    def read_in(self, folder: Path, root: Path, split: SplitName) -> Images:
        """Reads the images in a folder with `train_32x32.mat` and `test_32x32.mat`; see `FolderDataset.read_in`."""
        path = folder / f"{split}_32x32.mat"

        def decode(target: Path) -> None:
            content = read_matlab(path)
            try:
                pixels, labels = content["X"].transpose(3, 0, 1, 2), content["y"].reshape(-1) % 10
            except (KeyError, ValueError, TypeError) as error:
                raise DataError(f"{path} does not hold X (32, 32, 3, N) and y (N, 1): {error}.", path) from error
            if pixels.dtype != np.uint8 or len(pixels) != len(labels):
                raise DataError(f"{path} does not hold bytes and a label for each image.", path)
            with ImageWriter(target, pixels.shape, CLASSES) as writer:
                writer.add(pixels)
                writer.finish(labels)

        return decoded_arrays(root, self.name, split, [path], decode)
