"""What every network that is given to a study answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from torch import Tensor

from Arch.cache.entry import Entry
from Arch.datasets.data import ImageData
from Arch.datasets.normalization import Normalization
from Arch.models.imodel import IModel


class GivenNetwork(Protocol):
    """A network that a study is made from: trained here, or from elsewhere."""

    @property
    def entry(self) -> Entry:
        """Where the cache keeps or names it."""

    @property
    def title(self) -> str:
        """What messages call it."""

    def for_run(self, run: int) -> GivenNetwork:
        """The network as run number `run` of a study needs it: another one only where the study's `KEYRun` is -1."""

    def load_for(self, dataset: ImageData) -> IModel:
        """The network for a dataset's images and classes, in evaluation mode on the CPU.

        Raises:
            ArchError: it is not to be had, or was made for other images or classes.
        """

    def load_as_is(self, dataset: ImageData) -> IModel:
        """The network with the logits that it has, in evaluation mode on the CPU.

        Raises:
            ArchError: it is not available, or does not read images of the dataset's shape.
        """

    def normalization(self, root: Path) -> Normalization | None:
        """The constants that it learned with, or that its makers state; None where nobody states any.

        Args:
            root: the folder of datasets, from which constants are computed that old runs did not record.

        Raises:
            ArchError: the constants were not recorded, and the data that give them are not available.
        """

    def class_names(self) -> list[str]:
        """The names of the classes that it learned; empty where nobody states them."""

    def state(self) -> Mapping[str, Tensor]:
        """Its weights; raises as `load_for`."""

    def origin(self) -> dict[str, object]:
        """What is recorded with a run that is made from it."""
