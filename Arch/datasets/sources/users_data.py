"""Data of a user's own, which lie wherever `DataPath` says."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from Arch.datasets.dataset import ImageDataset, Images, SplitName
from Arch.errors import DataError


@dataclass(frozen=True)
class UsersDataset(ImageDataset):
    """What the data are called is part of an experiment's name; where they lie is told by `located`.

    Attributes:
        data_name: what the data are called.

    Class attributes:
        place: what `DataPath` has to name, in words.
    """

    data_name: str
    place: ClassVar[str]

    @property
    def name(self) -> str:
        """What the data are called."""
        return self.data_name

    def read(self, root: Path, split: SplitName) -> Images:  # noqa: ARG002  # there is nothing to read yet
        """Refuses: nothing can be read before `located`.

        Raises:
            DataError: always.
        """
        raise DataError(f"DataPath is empty: say in which {self.place} of {self.name!r} lie.")

    def located(self, path: str | Path) -> ImageDataset:
        """The same data at `path`, unless that is empty."""
        return self.at(str(path)) if str(path).strip() else self

    @abstractmethod
    def at(self, path: str) -> ImageDataset:
        """The same data at `path`."""
