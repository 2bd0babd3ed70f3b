"""Trained networks, on their way into the cache and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from safetensors import SafetensorError
from safetensors.torch import load_file, save

from Arch import files
from Arch.config.names import field_name
from Arch.errors import CacheError, CorruptEntryError
from Arch.models import MODELS
from Arch.models.build import construct

if TYPE_CHECKING:
    from torch import Tensor

    from Arch.cache.entry import Entry
    from Arch.models.imodel import IModel
    from Arch.types import Run

Component = TypeVar("Component")


@dataclass(frozen=True)
class TrainedNetwork:
    """A network in the cache, for a study that needs it.

    Attributes:
        entry: the experiment that trained it.
        index: which of its runs.
        weights: "Last" or "Best".
    """

    entry: Entry
    index: int = 0
    weights: str = "Last"

    @cached_property
    def run(self) -> Run:
        """The run that trained it; raises CacheError where there is none."""
        return self.entry.run(self.index)

    def load(self) -> IModel:
        """The network itself; raises as `load_network`."""
        return load_network(self.entry, self.index, self.weights)


def load_network(entry: Entry, run: int, which: str) -> IModel:
    """A network that a run trained, in evaluation mode on the CPU.

    Args:
        entry: the experiment.
        run: the run's index.
        which: "Last" or "Best" weights.

    Raises:
        CacheError: there is no such run or it has no such weights.
        CorruptEntryError: the weights are damaged, or not those of the network that the entry describes.
    """
    path = entry.weights(run, which)
    origin = entry.run(run).provenance
    active = entry.document()["Active"]
    architecture = _filled(MODELS[active["Model"]], active["Model"], active)
    network = construct(architecture, tuple(origin["input_shape"]), origin["classes"], seed=0)
    try:
        network.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError, OSError) as error:
        raise CorruptEntryError(
            f"{path} does not hold the weights of {active['Model']}: {error}. Restore it from a copy, "
            f"or move the folder {path.parent} out of the cache and run the same command again."
        ) from error
    return network.eval()


def save_weights(path: Path, state: Mapping[str, Tensor]) -> None:
    """Writes a network's state as safetensors; raises CacheAccessError."""
    files.write_synced(path, save({key: each.detach().cpu().contiguous() for key, each in state.items()}))


def _filled(component: type[Component], name: str, active: Mapping[str, Any]) -> Component:
    """As `Config.fill`, from an entry's stored values; a key that the entry does not know keeps the field's default."""
    stored = {field_name(key): value for key, value in active.items()}
    values: dict[str, Any] = {}
    for each in dataclasses.fields(component):  # type: ignore[arg-type]  # every component is a dataclass
        key = next((key for key in (f"{field_name(name)}_{each.name}", each.name) if key in stored), None)
        if key is not None:
            values[each.name] = tuple(stored[key]) if isinstance(stored[key], list) else stored[key]
        elif each.default is dataclasses.MISSING:
            raise CacheError(f"the entry does not say what {each.name} its {name} had, so it cannot be rebuilt.")
    return component(**values)
