"""What a dataset is: something that reads its training or test images from a folder of data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, cast

import torch
from torch import Tensor

from Arch.datasets.digest import ImageDigest, PixelType, as_stored
from Arch.datasets.resizing import downsampled
from Arch.errors import ShapeError

SplitName = Literal["train", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "test")


@dataclass(frozen=True, eq=False)
class Images:
    """The labelled images of one split.

    Data that are no images are images of one pixel: vectors of D numbers are float32 `(N, D, 1, 1)`.

    Attributes:
        pixels: uint8 or float32 `(N, C, H, W)`, a view of memory in the order N, H, W, C; perhaps mapped from a file.
        labels: int64 `(N,)`, indices into `classes`.
        classes: the names of the classes.
        digest: SHA-256 over all of these (`Arch.datasets.digest`).
    """

    pixels: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    digest: str

    @classmethod
    def of(cls, pixels: Tensor, labels: Tensor, classes: tuple[str, ...]) -> Images:
        """Images of their parts: takes the digest and puts the pixels into the order N, H, W, C.

        Raises:
            ShapeError: the pixels are not uint8 or float32 `(N, C, H, W)` or there is not one label to each image.
        """
        is_known = pixels.dtype in {torch.uint8, torch.float32}
        if pixels.dim() != 4 or not is_known or labels.shape != pixels.shape[:1]:
            raise ShapeError(
                f"expected uint8 or float32 pixels (N, C, H, W) and N labels, got {pixels.dtype} {tuple(pixels.shape)} "
                f"and labels {tuple(labels.shape)}"
            )
        rows = pixels.permute(0, 2, 3, 1).contiguous()
        n, height, width, channels = rows.shape
        digest = ImageDigest((n, height, width, channels), classes, pixel_type(rows))
        digest.update(rows.numpy())
        digest.update(as_stored(labels.numpy()))
        return cls(rows.permute(0, 3, 1, 2), labels.to(torch.int64), classes, digest.hexdigest())

    def __len__(self) -> int:
        return len(self.labels)


def pixel_type(pixels: Tensor) -> PixelType:
    """What pixels are called where they are stored: `uint8` or `float32`."""
    return cast(PixelType, str(pixels.dtype).removeprefix("torch."))


class ImageDataset(ABC):
    """Images under a name; a subclass is a frozen dataclass whose fields are the parameters of its stanza.

    Class attributes:
        obstacle: why nothing can be learned from it alone, in words that follow its name; empty if it can.
    """

    obstacle: ClassVar[str] = ""

    @property
    def name(self) -> str:
        """What messages call it."""
        return type(self).__name__

    @abstractmethod
    def read(self, root: Path, split: SplitName) -> Images:
        """The images of a split, always the same in the same order.

        Args:
            root: the folder that data are kept in; what is downloaded or decoded is left there.
            split: `train`, or `test`: what the dataset's makers hold out, called `val` or `valid` by some.

        Raises:
            DataError: they are missing, unreadable or not what they should be.
        """

    def read_downsampled(self, root: Path, split: SplitName, size: int) -> Images:
        """The images of a split shrunk to `size` x `size` (`Arch.datasets.resizing`); raises as `read`."""
        images = self.read(root, split)
        return Images.of(downsampled(images.pixels, size), images.labels, images.classes)

    def located(self, path: str | Path) -> ImageDataset:  # noqa: ARG002  # most datasets know their place
        """The same dataset read from `path` (the option `DataPath`), where it can lie anywhere; otherwise itself."""
        return self
