"""The augmentation pipeline: which operations are applied to the training images, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from Arch.datasets.augmentation.erasing import RandomErasing, cutout
from Arch.datasets.augmentation.mixing import Mixing
from Arch.datasets.augmentation.rand_augment import RandAugment
from Arch.datasets.augmentation.sample_random import SampleRandom
from Arch.datasets.augmentation.views import apply_views, view_count, view_numbers
from Arch.datasets.data import ImageData
from Arch.datasets.normalization import Normalizer
from Arch.errors import DataError


@dataclass(frozen=True, eq=False)
class AugmentedBatch:
    """The augmented images of a batch.

    Attributes:
        images: normalised, `(B, C, H, W)`.
        views: `(B,)` int64, the numbers of the views, or None if views are not countable.
        partners: `(B,)` int64, the row of the batch that each image is mixed with, or None.
        shares: `(B,)` float32, the share of the image itself in a mixed image, or None.
    """

    images: Tensor
    views: Tensor | None
    partners: Tensor | None = None
    shares: Tensor | None = None


@dataclass(frozen=True)
class Augmentation:
    """The operations on each training image, in this order: a pure function of (seed, epoch, sample).

    1. Padding, cropping and mirroring: one of a finite number of views.
    2. RandAugment, on bytes.
    3. Normalisation.
    4. Cutout, and random erasing.
    5. Mixup or cutmix with another image of the batch, after steps 1 to 4.

    Attributes:
        crop_padding: black pixels on each side before the crop.
        horizontal_flip: whether half of the images are mirrored.
        rand_augment: or None.
        cutout: side of the square in pixels, or 0.
        erasing: or None.
        is_erased_black: whether erased pixels are black, rather than 0 after normalisation, which is the mean.
        mixing: or None.
    """

    crop_padding: int
    horizontal_flip: bool
    rand_augment: RandAugment | None = None
    cutout: int = 0
    erasing: RandomErasing | None = None
    is_erased_black: bool = False
    mixing: Mixing | None = None

    @property
    def view_count(self) -> int | None:
        """The number of different views of an image; None if they cannot be enumerated."""
        if self.rand_augment or self.cutout or self.erasing or self.mixing:
            return None
        return view_count(self.crop_padding, flip=self.horizontal_flip)

    def __call__(
        self, pixels: Tensor, random: SampleRandom, normalizer: Normalizer, sizes: Sequence[int] = ()
    ) -> AugmentedBatch:
        """Augments and normalises images.

        Args:
            pixels: the images of the samples, `(B, C, H, W)`.
            random: random numbers of the samples.
            normalizer: normalises pixels.
            sizes: the sizes of the batches, one after the other; empty if the images are one batch.
        """
        padding, flip = self.crop_padding, self.horizontal_flip
        numbers = view_numbers(random.samples, seed=random.seed, epoch=random.epoch, padding=padding, flip=flip)
        shown = apply_views(pixels, numbers, padding, flip=flip)
        if self.rand_augment:
            shown = self.rand_augment(shown, random)
        black = normalizer(torch.zeros_like(pixels[:1])) if self.is_erased_black else None
        images = self._erased(normalizer(shown), random, black)
        if self.mixing:
            images, partners, shares = self.mixing(images, random, sizes)
            return AugmentedBatch(images, None, partners, shares)
        return AugmentedBatch(images, None if self.view_count is None else numbers)

    def require_fitting(self, data: ImageData) -> None:
        """Checks that the operations can be applied to the data.

        Raises:
            DataError: the data are vectors, or images that an operation does not support.
        """
        channels, height, width = data.shape
        moves = self.crop_padding or self.horizontal_flip or self.cutout or self.erasing
        cuts = self.mixing is not None and self.mixing.cutmix_alpha > 0
        if (height, width) == (1, 1) and (moves or self.rand_augment or cuts):
            raise DataError(
                f"a sample of {data.name} is a vector of {channels} numbers, which Mixup can mix, but which cannot "
                "be cropped, mirrored, recoloured or erased: set CropPadding to 0, HorizontalFlip to false and only "
                "Mixup, or switch DataAugmentation off."
            )
        dtype = data.train.pixels.dtype
        if self.rand_augment and (dtype != torch.uint8 or channels not in (1, 3)):
            kind = f"{channels} channels" if dtype == torch.uint8 else "floating-point pixels"
            raise DataError(
                f"RandAugment needs uint8 images of 1 or 3 channels, but those of {data.name} have {kind}. "
                "Set RandAugment to 0."
            )

    def _erased(self, images: Tensor, random: SampleRandom, black: Tensor | None) -> Tensor:
        height, width = images.shape[2:]
        boxes = [cutout(random, self.cutout, height, width)] if self.cutout else []
        boxes += [self.erasing.boxes(random, height, width)] if self.erasing else []
        if not boxes:
            return images
        mask = torch.stack([each.mask(height, width) for each in boxes]).any(dim=0)
        return images.masked_fill(mask, 0) if black is None else images.where(~mask, black)
