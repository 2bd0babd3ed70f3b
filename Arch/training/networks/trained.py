"""Loads the networks that experiments trained from the cache."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from Arch.cache.entry import Entry
from Arch.cache.fields import Fields
from Arch.cache.layout import RUN, removal
from Arch.config.config import Config
from Arch.datasets.data import ImageData
from Arch.datasets.normalization import Normalization
from Arch.errors import CorruptEntryError, DataError, ModelError, NonFiniteWeightsError
from Arch.models import MODELS
from Arch.models.build import construct
from Arch.models.imodel import IModel
from Arch.models.weights.loading import load_exactly
from Arch.training.data_identity import data_record, normalization_digest
from Arch.training.loading import training_data
from Arch.training.normalization import restored
from Arch.types import Run, unlike_networks, unlike_versions


@dataclass(frozen=True)
class TrainedNetwork:
    """A network of the cache, trained by an experiment.

    Attributes:
        config: the experiment that trained it.
        entry: the cache entry of that experiment.
        index: the index of the run that trained it; -1 stands for the index of the run that needs it.
        weights: "Last" or "Best".
    """

    config: Config
    entry: Entry
    index: int = 0
    weights: str = "Last"

    @property
    def title(self) -> str:
        """See `GivenNetwork.title`."""
        return f"{self.config.title}, run {self.index}"

    def for_run(self, run: int) -> TrainedNetwork:
        """See `GivenNetwork.for_run`."""
        return replace(self, index=run) if self.index == -1 else self

    def unlike(self) -> dict[str, Sequence[Any]]:
        """See `GivenNetwork.unlike`; raises CorruptEntryError."""
        origins = [run.provenance for run in self.entry.runs()] if self.index == -1 else []
        return {**unlike_networks(origins), **unlike_versions(origins)}

    def require_available(self) -> None:
        """See `GivenNetwork.require_available`; raises CacheError if there are no such weights."""
        if self.index != -1:
            self.entry.weights(self.index, self.weights)

    @cached_property
    def run(self) -> Run:
        """The run that trained it; raises CacheError if it does not exist."""
        return self.entry.run(self.index)

    def load(self) -> IModel:
        """Loads the network, in evaluation mode on the CPU.

        Raises:
            CacheError: the run or its weights do not exist.
            CorruptEntryError: the weights are damaged, or do not fit the config's network.
        """
        shape, classes, name = self._recorded("input_shape"), self._recorded("classes"), self.config["Model"]
        architecture = self.config.fill(MODELS[name], name)
        network = construct(architecture, tuple(shape), classes, name=name, seed=0)
        state = self.state()
        with self._damage_named():
            load_exactly(network, architecture, state, f"of {self.title}")
        return network.eval()

    def load_for(self, dataset: ImageData) -> IModel:
        """See `GivenNetwork.load_for`.

        Raises:
            DataError: it was trained on images or classes that differ from the dataset's.
            CacheError, CorruptEntryError: as `load`.
        """
        own = data_record(dataset)
        for field, word in (("input_shape", "images of shape (C, H, W)"), ("class_names", "the classes")):
            if self._recorded(field) != own[field]:
                raise DataError(
                    f"the teacher was trained on {word} {_short(self._recorded(field))}, but the student is trained on "
                    f"{_short(own[field])}. Choose a teacher that was trained on the student's kind of data."
                )
        return self.load()

    def load_as_is(self, dataset: ImageData) -> IModel:
        """See `GivenNetwork.load_as_is`; raises DataError, and as `load`."""
        own = self._recorded("input_shape")
        if list(dataset.shape) != own:
            raise DataError(
                f"{self.title} reads images of shape (C, H, W) {_short(own)}, but those of {dataset.name} are "
                f"{_short([*dataset.shape])}. Set DownSample to {own[-1]}, or choose other data."
            )
        return self.load()

    def normalization(self, root: Path, known: Normalization | None = None) -> Normalization:
        """See `GivenNetwork.normalization`."""
        digest = self._recorded("normalization")
        if known is not None and normalization_digest(known) == digest:
            return known
        if "normalization_constants" in self.run.provenance:
            return restored(self._recorded("normalization_constants"))
        constants = training_data(self.config, root).normalization
        if normalization_digest(constants) != digest:
            raise DataError(
                f"the data of {self.title} give other normalisation constants than those that it was trained with. "
                "Put the old data back, or choose NetworkNormalization Dataset, ImageNet or CIFAR."
            )
        return constants

    def class_names(self) -> list[str]:
        """See `GivenNetwork.class_names`."""
        return list(self._recorded("class_names"))

    def state(self) -> Mapping[str, Tensor]:
        """See `GivenNetwork.state`; raises as `load`."""
        content = self.entry.read_weights(self.index, self.weights)
        with self._damage_named():
            return load(content)

    def origin(self) -> dict[str, object]:
        """See `GivenNetwork.origin`."""
        which = {"fingerprint": self.entry.fingerprint, "run": self.index, "weights": self.weights}
        return {**which, "digest": self.entry.weights_sha256(self.index, self.weights)}

    def _recorded(self, name: str) -> Any:
        """Returns what the run recorded of its data under a name; raises CorruptEntryError if it did not."""
        origin = self.run.provenance
        if name not in origin:
            raise Fields(origin, f"{self.entry.run_folder(self.index)}/{RUN}").invalid(name, "recorded")
        return origin[name]

    @contextmanager
    def _damage_named(self) -> Iterator[None]:
        try:
            yield
        except NonFiniteWeightsError:  # they are as they were written
            raise
        except (SafetensorError, ModelError, OSError) as error:
            path = self.entry.weights(self.index, self.weights)
            raise CorruptEntryError(
                f"{path} does not hold the weights of {self.config['Model']}. Restore it from a copy, or remove the "
                f"run from the cache ({removal(self.entry.path, self.index)}) and give the same command again: {error}"
            ) from error


def _short(names: list[object]) -> str:
    return f"{', '.join(map(str, names[:3]))}{f' ... ({len(names)})' if len(names) > 3 else ''}"
