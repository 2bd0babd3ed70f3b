"""Foreign networks, which no experiment of the cache trained, as teachers and as pretrained weights."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from Arch import files
from Arch.cache.entry import Entry
from Arch.config.config import filled
from Arch.config.foreign import WEIGHTS_DIGEST, ForeignNetwork, ForeignSource
from Arch.config.rules.rules import Rules
from Arch.datasets.data import ImageData
from Arch.datasets.normalization import Normalization
from Arch.errors import InactiveKeyError, ModelError
from Arch.models import MODELS
from Arch.models.architecture import Architecture
from Arch.models.architectures.published import Published
from Arch.models.build import construct
from Arch.models.imodel import IModel
from Arch.models.weights.files import State, read_weights
from Arch.models.weights.loading import load_exactly, logits_in
from Arch.models.weights.published import digest_of, published_weights, require_published
from Arch.training.normalization import per_channel


@dataclass(frozen=True)
class ForeignModel:
    """A network of another library, or of a file of weights.

    Its cache entry describes it and has no runs. The first use of published weights records their digest there; later
    weights of the same name with another digest are refused.

    Attributes:
        reference: the config's reference to it.
        entry: its cache entry.
        rules: the rules that give its parameters.
    """

    reference: ForeignNetwork
    entry: Entry
    rules: Rules
    _drawn: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def title(self) -> str:
        """Its name in messages."""
        return self.reference.title

    @property
    def source(self) -> ForeignSource:
        """The source of its weights.

        Raises:
            ModelError: the source is not known.
        """
        if self.reference.source is None:
            raise ModelError(f"the network {self.title!r} cannot be built: {self.reference.obstacle}")
        return self.reference.source

    def for_run(self, run: int) -> ForeignModel:  # noqa: ARG002 - it has no runs
        """See `GivenNetwork.for_run`."""
        return self

    def unlike(self) -> dict[str, tuple[str, ...]]:
        """See `GivenNetwork.unlike`: there is one network."""
        return {}

    def require_available(self) -> None:
        """See `GivenNetwork.require_available`: a file is read, published weights are only looked up by their name.

        Raises:
            UnknownNameError: there is no such network, or it has no such weights.
            ModelError: the file is not the one that was given, or holds no weights.
        """
        source = self.source
        if source.place is not None:
            self._read_file(source.place)
        elif source.weights:
            require_published(source.model, source.weights)
        else:
            MODELS[source.model]

    def load_for(self, dataset: ImageData) -> IModel:
        """Builds the network for a dataset's images and classes, in evaluation mode on the CPU.

        Raises:
            ModelError: its weights are not available, have changed, or are for other images or classes.
        """
        architecture, source = self._architecture(), self.source
        model = construct(architecture, dataset.shape, len(dataset.classes), name=source.model, seed=source.seed)
        if source.is_random:
            return self._random(model)
        load_exactly(model, architecture, self.state(), self.title)
        return model.eval()

    def load_as_is(self, dataset: ImageData) -> IModel:
        """See `GivenNetwork.load_as_is`: the number of logits is that of the weights.

        Raises:
            ModelError: as `load_for`, except that the classes may differ.
        """
        architecture, source = self._architecture(), self.source
        model = construct(architecture, dataset.shape, len(dataset.classes), name=source.model, seed=source.seed)
        if source.is_random:
            return self._random(model)
        state = self.state()
        logits = logits_in(model, architecture, state, self.title)
        if logits not in (None, model.classes):
            model = construct(architecture, dataset.shape, logits, name=source.model, seed=source.seed)
        load_exactly(model, architecture, state, self.title)
        return model.eval()

    def normalization(self, root: Path, known: Normalization | None = None) -> Normalization | None:  # noqa: ARG002 - no data of its own
        """See `GivenNetwork.normalization`: the constants that the library publishes with its weights."""
        architecture, weights = MODELS[self.source.model], self.source.weights
        if not weights or not issubclass(architecture, Published):
            return None
        stated = architecture.normalization(weights)
        return per_channel(*stated) if stated else None

    def class_names(self) -> list[str]:
        """See `GivenNetwork.class_names`: weights have no names of classes."""
        return []

    def state(self) -> State:
        """Returns its weights, with the names of their source.

        Raises:
            ModelError: as `load_for`; or the network is a random one, which has no weights before it is built.
        """
        source = self.source
        if source.is_random:
            raise ModelError(f"{self.title} names no weights to begin from: write {self.title}@WEIGHTS.")
        if source.place is not None:
            return self._read_file(source.place)
        state = published_weights(source.model, source.weights)
        self._require_same_digest(digest_of(state))
        return state

    def origin(self) -> dict[str, object]:
        """See `GivenNetwork.origin`."""
        return {"fingerprint": self.entry.fingerprint, "network": self.title, "digest": self._digest}

    @cached_property
    def _digest(self) -> str | None:
        """The digest of the file, of the published tensors, or of the random ones once they were loaded."""
        if self.source.is_random:
            return self._drawn.get("digest")
        return self.source.digest or self.entry.document().get(WEIGHTS_DIGEST)

    def _random(self, model: IModel) -> IModel:
        """Returns a new network for evaluation, and remembers the digest of its weights."""
        self._drawn["digest"] = digest_of(model.network.state_dict())
        return model.eval()

    def _architecture(self) -> Architecture:
        name = self.source.model
        return filled(MODELS[name], name, self.rules, self._parameter)

    def _parameter(self, key: str) -> object:
        if key not in self.source.parameters:
            raise InactiveKeyError(key, f"it is a parameter of another network than {self.source.model}")
        return self.source.parameters[key]

    def _read_file(self, path: Path) -> State:
        try:
            with files.open_file(path) as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelError(f"the weights {path} cannot be read: {error.strerror or error}.") from error
        if digest != self.source.digest:
            raise ModelError(
                f"the weights {path} are not those of the experiment's fingerprint: their SHA-256 is {digest[:12]}, "
                f"not {self.source.digest[:12]}. Put the old file back, or give the config the new one again."
            )
        return read_weights(path)

    def _require_same_digest(self, digest: str) -> None:
        known = self.entry.document().get(WEIGHTS_DIGEST)
        if known is None:
            self.entry.record({WEIGHTS_DIGEST: digest})
        elif known != digest:
            raise ModelError(
                f"the published weights {self.title} are not those that were used before under this name: the digest "
                f"of their tensors is {digest[:12]}, not {str(known)[:12]}. Restore the old ones, or give the new "
                "ones as a file."
            )
