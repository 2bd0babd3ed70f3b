"""Networks that no experiment here trained, as teachers and as the beginning of others."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from Arch.cache.foreign import note
from Arch.config.config import filled
from Arch.errors import InactiveKeyError, ModelError
from Arch.models import MODELS
from Arch.models.build import construct
from Arch.models.weights.files import read_weights
from Arch.models.weights.loading import load_exactly
from Arch.models.weights.published import digest_of, published_weights

if TYPE_CHECKING:
    from pathlib import Path

    from Arch.cache.entry import Entry
    from Arch.config.foreign import ForeignNetwork, ForeignSource
    from Arch.config.rules.rules import Rules
    from Arch.datasets.loading import ImageData
    from Arch.models.architecture import Architecture
    from Arch.models.imodel import IModel
    from Arch.models.weights.files import State

WEIGHTS_DIGEST = "WeightsDigest"  # of published weights, in the entry's Config.json from their first use on


@dataclass(frozen=True)
class ForeignModel:
    """A network of another library or in a file, for a study that needs it.

    Its entry in the cache holds what it is and no run. Published weights are what their name says once and for all: the
    first use records their digest there, and others under the same name are refused.

    Attributes:
        reference: what names it.
        entry: where the cache names it.
        rules: under which its parameters are read.
    """

    reference: ForeignNetwork
    entry: Entry
    rules: Rules

    @property
    def title(self) -> str:
        """What messages call it."""
        return self.reference.title

    @property
    def source(self) -> ForeignSource:
        """Where it comes from.

        Raises:
            ModelError: that is not known.
        """
        if self.reference.source is None:
            raise ModelError(f"the network {self.title!r} cannot be built: {self.reference.obstacle}")
        return self.reference.source

    def load_for(self, dataset: ImageData) -> IModel:
        """The network for a dataset's images and classes, in evaluation mode on the CPU.

        Raises:
            ModelError: its weights cannot be had, are not what they were, or are for other images or classes.
        """
        architecture, source = self._architecture(), self.source
        model = construct(architecture, dataset.shape, len(dataset.classes), name=source.model, seed=source.seed)
        if not source.is_random:
            load_exactly(model, architecture, self.state(), self.title)
        return model.eval()

    def state(self) -> State:
        """Its weights, under the names that they came with.

        Raises:
            ModelError: as `load_for`; or the network is a random one, which has none before it is built for some data.
        """
        source = self.source
        if source.is_random:
            raise ModelError(f"{self.title} names no weights to begin from: write {self.title}@WEIGHTS.")
        if source.place is not None:
            return self._of_file(source.place)
        state = published_weights(source.model, source.weights)
        self._require_same(digest_of(state))
        return state

    def origin(self) -> dict[str, object]:
        """What is recorded with a run that is made from it."""
        return {"fingerprint": self.entry.fingerprint, "network": self.title, "digest": self._digest}

    @cached_property
    def _digest(self) -> str | None:
        """Of its weights: of the file, or of the published tensors, which were loaded when this is asked; or None."""
        return self.source.digest or self.entry.document().get(WEIGHTS_DIGEST)

    def _architecture(self) -> Architecture:
        name = self.source.model
        return filled(MODELS[name], name, self.rules, self._parameter)

    def _parameter(self, key: str) -> object:
        if key not in self.source.parameters:
            raise InactiveKeyError(key, f"it says how another network than {self.source.model} is built")
        return self.source.parameters[key]

    def _of_file(self, place: Path) -> State:
        try:
            with place.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelError(f"the weights {place} cannot be read: {error.strerror or error}.") from error
        if digest != self.source.digest:
            raise ModelError(
                f"the weights {place} are not those that the experiment was named by: their SHA-256 is {digest[:12]}, "
                f"not {self.source.digest[:12]}. Put the old file back, or give the config the new one again."
            )
        return read_weights(place)

    def _require_same(self, digest: str) -> None:
        known = self.entry.document().get(WEIGHTS_DIGEST)
        if known is None:
            note(self.entry, {WEIGHTS_DIGEST: digest})
        elif known != digest:
            raise ModelError(
                f"the published weights {self.title} are not those that were used before under this name: the digest "
                f"of their tensors is {digest[:12]}, not {str(known)[:12]}. Get the old ones back, or give the new "
                "ones as a file."
            )
