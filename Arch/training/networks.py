"""Trained networks, on their way into the cache and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError
from safetensors.torch import load_file, save

from Arch import files
from Arch.cache.layout import removal
from Arch.errors import CorruptEntryError
from Arch.models import MODELS
from Arch.models.build import construct

if TYPE_CHECKING:
    from torch import Tensor

    from Arch.cache.entry import Entry
    from Arch.config.config import Config
    from Arch.models.imodel import IModel
    from Arch.types import Run


@dataclass(frozen=True)
class TrainedNetwork:
    """A network in the cache, for a study that needs it.

    Attributes:
        config: the experiment that trained it.
        entry: where that experiment is kept.
        index: which of its runs.
        weights: "Last" or "Best".
    """

    config: Config
    entry: Entry
    index: int = 0
    weights: str = "Last"

    @cached_property
    def run(self) -> Run:
        """The run that trained it; raises CacheError where there is none."""
        return self.entry.run(self.index)

    def load(self) -> IModel:
        """The network itself, in evaluation mode on the CPU.

        Raises:
            CacheError: there is no such run or it has no such weights.
            CorruptEntryError: the weights are damaged, or not those of the config's network.
        """
        path = self.entry.weights(self.index, self.weights)
        origin, name = self.run.provenance, self.config["Model"]
        architecture = self.config.fill(MODELS[name], name)
        network = construct(architecture, tuple(origin["input_shape"]), origin["classes"], seed=0)
        try:
            network.load_state_dict(load_file(path))
        except (SafetensorError, RuntimeError, OSError) as error:
            raise CorruptEntryError(
                f"{path} does not hold the weights of {name}: {error}. Restore it from a copy, or take the run out of "
                f"the cache ({removal(self.entry.path, self.index)}) and give the same command again."
            ) from error
        return network.eval()


def save_weights(path: Path, state: Mapping[str, Tensor]) -> None:
    """Writes a network's state as safetensors; raises CacheAccessError."""
    files.write_synced(path, save({key: each.detach().cpu().contiguous() for key, each in state.items()}))
