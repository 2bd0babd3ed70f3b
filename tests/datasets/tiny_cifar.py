"""Generated images in place of CIFAR, for the datasets that are derived from it."""

import numpy as np
import torch

from Arch.datasets.dataset import Images
from Arch.datasets.sources.cifar import CIFAR10, CIFAR100F

CLASSES = ("cat", "dog", "owl")


def clean_images(split):
    """Returns six 32x32 images of three classes, different ones for each split."""
    pixels = np.random.default_rng(len(split)).integers(0, 256, (6, 3, 32, 32), dtype=np.uint8)
    return Images.of(torch.from_numpy(pixels), torch.arange(6) % 3, CLASSES)


def replace_cifar(monkeypatch):
    """Makes CIFAR-10 and CIFAR-100 return `clean_images`."""
    for source in (CIFAR10, CIFAR100F):
        monkeypatch.setattr(source, "read", lambda self, root, split: clean_images(split))
