"""How training images are varied, and in which order."""

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
    """What a batch shows of its samples.

    Attributes:
        images: normalised, `(B, C, H, W)`.
        views: `(B,)` int64, the numbers of the views, or None where they are uncountable.
        partners: `(B,)` int64, the row of its batch that each image is mixed with, or None.
        shares: `(B,)` float32, how much of a mixed image is its own, or None.
    """

    images: Tensor
    views: Tensor | None
    partners: Tensor | None = None
    shares: Tensor | None = None


@dataclass(frozen=True)
class Augmentation:
    """What is done to the training images, each by itself, in this order: a pure function of (seed, epoch, sample).

    1. Padding, cropping and mirroring: one of countably many views.
    2. RandAugment, on bytes.
    3. Normalisation.
    4. Cutout, and random erasing.
    5. Mixup or cutmix with another image of the batch, which has gone through 1 to 4 itself.

    Attributes:
        crop_padding: pixels of black on each side before a crop.
        horizontal_flip: whether half of the images are mirrored.
        rand_augment: or None.
        cutout: side of the square in pixels, or 0.
        erasing: or None.
        is_erased_black: what is cut out or erased is black, rather than 0 after normalisation, which is the mean.
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
        """How many views an image has; None where they are uncountable."""
        if self.rand_augment or self.cutout or self.erasing or self.mixing:
            return None
        return view_count(self.crop_padding, flip=self.horizontal_flip)

    def __call__(
        self, pixels: Tensor, random: SampleRandom, normalizer: Normalizer, sizes: Sequence[int] = ()
    ) -> AugmentedBatch:
        """What the samples of `draws` show of themselves.

        Args:
            pixels: of the samples, `(B, C, H, W)`.
            random: for the samples.
            normalizer: makes of pixels what a network sees.
            sizes: of the batches that they are, one after the other; none: all are one batch.
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
        """Checks that the data can be varied so.

        Raises:
            DataError: they are vectors, or images that an operation does not know.
        """
        channels, height, width = data.shape
        moves = self.crop_padding or self.horizontal_flip or self.cutout or self.erasing
        cuts = self.mixing is not None and self.mixing.cutmix_alpha > 0
        if (height, width) == (1, 1) and (moves or self.rand_augment or cuts):
            raise DataError(
                f"a sample of {data.name} is a vector of {channels} numbers, of which Mixup can make others but no "
                "crop, mirror image, colours or erasing: set CropPadding to 0, HorizontalFlip to false and only Mixup, "
                "or switch DataAugmentation off."
            )
        dtype = data.train.pixels.dtype
        if self.rand_augment and (dtype != torch.uint8 or channels not in (1, 3)):
            kind = f"{channels} channels" if dtype == torch.uint8 else "numbers that are no bytes"
            raise DataError(
                f"RandAugment works on images of 1 or 3 channels of bytes, but those of {data.name} have {kind}. "
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
