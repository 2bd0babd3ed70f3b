"""The base class of datasets, which read training or test images, and the images that they return."""

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

    Vectors are stored as images of one pixel: N vectors of D numbers are float32 `(N, D, 1, 1)`.

    Attributes:
        pixels: uint8 or float32 `(N, C, H, W)`, a view of memory in the order N, H, W, C, which may be memory-mapped.
        labels: int64 `(N,)`, indices into `classes`.
        classes: the names of the classes.
        digest: SHA-256 of the other three (`Arch.datasets.digest`).
    """

    pixels: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    digest: str

    @classmethod
    def of(cls, pixels: Tensor, labels: Tensor, classes: tuple[str, ...]) -> Images:
        """Makes images from their parts: computes the digest and puts the pixels into the order N, H, W, C.

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
    """Returns the name of the type of pixels in stored files: `uint8` or `float32`."""
    return cast(PixelType, str(pixels.dtype).removeprefix("torch."))


class ImageDataset(ABC):
    """A source of labelled images; a subclass is a frozen dataclass whose fields are its parameters in the config.

    Class attributes:
        obstacle: why the dataset cannot be trained on, as the rest of a sentence that begins with its name; empty if
            it can.
    """

    obstacle: ClassVar[str] = ""

    @property
    def name(self) -> str:
        """The name of the dataset in messages."""
        return type(self).__name__

    @abstractmethod
    def read(self, root: Path, split: SplitName) -> Images:
        """Reads the images of a split, always the same images in the same order.

        Args:
            root: the data folder; downloaded and decoded files are kept there.
            split: `train`, or `test` for the samples that the authors of the dataset hold out (some call them `val`).

        Raises:
            DataError: the images are missing, unreadable or of another format than expected.
        """

    def read_downsampled(self, root: Path, split: SplitName, size: int) -> Images:
        """Reads the images of a split, shrunk to `size` x `size` (`Arch.datasets.resizing`); raises as `read`."""
        images = self.read(root, split)
        return Images.of(downsampled(images.pixels, size), images.labels, images.classes)

    def located(self, path: str | Path) -> ImageDataset:  # noqa: ARG002  # most datasets ignore the path
        """Returns the dataset that reads from `path` (the option `DataPath`); itself if it needs no path."""
        return self
