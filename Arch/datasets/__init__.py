"""Datasets of labelled images, registered by name: each public module in `sources` registers its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from Arch.registry.registry import Registry

if TYPE_CHECKING:
    from Arch.datasets.dataset import ImageDataset

DATASETS: Registry[type[ImageDataset]] = Registry("dataset", f"{__name__}.sources", key="Dataset")
