"""Labelled images by name: a module of this room that defines a dataset registers it here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from Arch.registry.registry import Registry

if TYPE_CHECKING:
    from Arch.datasets.dataset import ImageDataset

DATASETS: Registry[type[ImageDataset]] = Registry("dataset", f"{__name__}.sources", key="Dataset")
