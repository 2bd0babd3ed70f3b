"""What every network that is given to a study answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

    from Arch.cache.entry import Entry
    from Arch.datasets.loading import ImageData
    from Arch.models.imodel import IModel


class GivenNetwork(Protocol):
    """A network that a study is made from: trained here, or from elsewhere."""

    @property
    def entry(self) -> Entry:
        """Where the cache keeps or names it."""

    @property
    def title(self) -> str:
        """What messages call it."""

    def load_for(self, dataset: ImageData) -> IModel:
        """The network for a dataset's images and classes, in evaluation mode on the CPU.

        Raises:
            ArchError: it is not to be had, or was made for other images or classes.
        """

    def state(self) -> Mapping[str, Tensor]:
        """Its weights; raises as `load_for`."""

    def origin(self) -> dict[str, object]:
        """What is recorded with a run that is made from it."""
