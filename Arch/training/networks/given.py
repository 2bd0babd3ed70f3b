"""The interface of the networks that a study is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

from Arch.cache.entry import Entry
from Arch.datasets.data import ImageData
from Arch.datasets.normalization import Normalization
from Arch.models.imodel import IModel


class GivenNetwork(Protocol):
    """A network that a study is made from: of another experiment, or a foreign one."""

    @property
    def entry(self) -> Entry:
        """Its cache entry."""

    @property
    def title(self) -> str:
        """Its name in messages."""

    def for_run(self, run: int) -> GivenNetwork:
        """Returns the network for run number `run` of a study; it depends on `run` only if `KEYRun` is -1."""

    def require_available(self) -> None:
        """Checks what can be checked before anything is loaded, so that a mistyped reference leaves nothing behind.

        Raises:
            ArchError: there is no such network, or it has no such weights.
        """

    def unlike(self) -> Mapping[str, Sequence[Any]]:
        """Returns how the networks of a study's runs differ from each other, in the form of `Result.unlike`.

        Empty if all runs use the same network, that is, unless `KEYRun` is -1.
        """

    def load_for(self, dataset: ImageData) -> IModel:
        """Builds the network for a dataset's images and classes, in evaluation mode on the CPU.

        Raises:
            ArchError: it is not available, or was made for other images or classes.
        """

    def load_as_is(self, dataset: ImageData) -> IModel:
        """Builds the network with its own number of logits, in evaluation mode on the CPU.

        Raises:
            ArchError: it is not available, or does not accept images of the dataset's shape.
        """

    def normalization(self, root: Path, known: Normalization | None = None) -> Normalization | None:
        """Returns the constants that it was trained with, recorded or published; None if they are unknown.

        Args:
            root: the folder of datasets, to compute constants that a run did not record.
            known: constants that were computed before; they are returned if their digest is the recorded one.

        Raises:
            ArchError: the constants were not recorded, and their data are not available.
        """

    def class_names(self) -> list[str]:
        """Returns the names of the classes that it was trained on; empty if they are unknown."""

    def state(self) -> Mapping[str, Tensor]:
        """Returns its weights; raises as `load_for`."""

    def origin(self) -> dict[str, object]:
        """Returns what a run that is made from it records of it: which network it is, and the SHA-256 of its weights.

        The digest of random weights is known after the network was loaded.

        Raises:
            CacheError: the run that trained it does not exist.
        """
