"""Base class of the user's own data, which are read from `DataPath`."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from Arch.datasets.dataset import ImageDataset, Images, SplitName
from Arch.errors import DataError


@dataclass(frozen=True)
class UsersDataset(ImageDataset):
    """A dataset of the user: its name is part of the fingerprint, its path is given to `located`.

    Attributes:
        data_name: the name of the data.

    Class attributes:
        path_kind: describes for a message what `DataPath` must name.
    """

    data_name: str
    path_kind: ClassVar[str]

    @property
    def name(self) -> str:
        """The name of the data."""
        return self.data_name

    def read(self, root: Path, split: SplitName) -> Images:  # noqa: ARG002  # always raises
        """Raises an error, because the data have no path before `located`.

        Raises:
            DataError: always.
        """
        raise DataError(f"DataPath is empty: it must name the {self.path_kind} of {self.name!r}.")

    def located(self, path: str | Path) -> ImageDataset:
        """Returns the dataset that reads from `path`; itself if the path is empty."""
        return self.at(str(path)) if str(path).strip() else self

    @abstractmethod
    def at(self, path: str) -> ImageDataset:
        """Returns the dataset that reads from `path`."""
