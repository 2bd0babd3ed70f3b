"""Compares the networks that a run is made from with those of the experiment's earlier runs, by what these recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from Arch.config.names import field_name
from Arch.datasets.normalization import Normalization
from Arch.errors import CacheError, UnlikeNetworkError
from Arch.training.data_identity import normalization_digest
from Arch.training.networks.given import GivenNetwork
from Arch.training.normalization import recorded
from Arch.types import Run
from Arch.units import constants_text

WEIGHTS, CONSTANTS = "weights", "normalization"


@dataclass(frozen=True)
class Difference:
    """A respect in which a run was made from another network than the one that is there now.

    Attributes:
        run: the earlier run, as messages name it.
        network: the title of the network.
        key: the config's key for the network.
        aspect: `weights` or `normalization`.
        then: what the earlier run recorded, in a few words.
        now: what is there now, in a few words.
    """

    run: str
    network: str
    key: str
    aspect: str
    then: str
    now: str


@dataclass(frozen=True)
class Likeness:
    """The networks that a study uses now, to be compared with what earlier runs recorded.

    Attributes:
        networks: by config key, before a run is chosen (`GivenNetwork.for_run`).
        constants: the constants by which their images are normalised, where the config has a choice of them.
    """

    networks: Mapping[str, GivenNetwork] = field(default_factory=dict)
    constants: Mapping[str, Normalization] = field(default_factory=dict)

    def to_runs(self, runs: Iterable[Run]) -> list[Difference]:
        """Compares the networks with what the finished runs of the experiment recorded."""
        names = ((run, f"run {run.index} of this experiment") for run in runs)
        return [each for run, name in names for each in self.differences(run.provenance, run.index, name)]

    def among_networks(self) -> dict[str, list[str]]:
        """Returns how the networks of the study's runs differ, by names such as `Network: Teacher weights`."""
        found = ((key, each.unlike()) for key, each in self.networks.items())
        return {f"{key}: {name}": [*map(str, values)] for key, unlike in found for name, values in unlike.items()}

    def record(self, index: int) -> dict[str, Any]:
        """Returns what run number `index` records of the networks: `made_from`, and the constants of each."""
        made_from = {key: each.for_run(index).origin() for key, each in self.networks.items()}
        constants = {constants_field(key): constants_record(each) for key, each in self.constants.items()}
        return {"made_from": made_from, **constants}

    def differences(self, provenance: Mapping[str, Any], index: int, name: str) -> list[Difference]:
        """Compares what a run recorded with what is there now; what one of them lacks is not compared.

        Args:
            provenance: a `record`, or an older one.
            index: the number of the run.
            name: how messages name it.
        """
        found = [self._weights(key, provenance, index, name) for key in self.networks]
        found += [self._constants(key, provenance, name) for key in self.constants]
        return [each for each in found if each is not None]

    def _weights(self, key: str, provenance: Mapping[str, Any], index: int, name: str) -> Difference | None:
        then = _mapping(_mapping(provenance, "made_from"), key).get("digest")
        given = self.networks[key].for_run(index)
        try:
            now = given.origin()["digest"]
        except CacheError:  # the network of that run was removed
            return None
        if not (then and now) or then == now:
            return None
        return Difference(name, given.title, key, WEIGHTS, str(then)[:12], str(now)[:12])

    def _constants(self, key: str, provenance: Mapping[str, Any], name: str) -> Difference | None:
        then, now = _seen(key, provenance), constants_record(self.constants[key])
        if then.get("digest") in (None, now["digest"]):
            return None
        return Difference(name, self.networks[key].title, key, CONSTANTS, _words(then), _words(now))


def constants_field(key: str) -> str:
    """Returns the field of a run's provenance for the constants that normalise the images of the network of a key."""
    return f"{field_name(key)}_normalization"


def constants_record(constants: Normalization) -> dict[str, Any]:
    """Returns what a run records of the constants that normalise a network's images."""
    return {"digest": normalization_digest(constants), "constants": recorded(constants)}


def accepted(found: Iterable[Difference], *, accepts: bool) -> dict[str, list[str]]:
    """Returns differences as a run records them, by key and aspect.

    Raises:
        UnlikeNetworkError: there are some, and they are not accepted.
    """
    differences = tuple(found)
    if differences and not accepts:
        raise UnlikeNetworkError(_refusal(differences[0]))
    return {f"{each.key} {each.aspect}": [each.then, each.now] for each in differences}


def _refusal(found: Difference) -> str:
    marked = "or add --accept-unlike, which marks this experiment wherever it is shown"
    if found.aspect == WEIGHTS:
        return (
            f"{found.run} was made from other weights of {found.network} ({found.key}): their SHA-256 was "
            f"{found.then}, and is {found.now} now. Put the old network back (`main.py rm --restore` lists what was "
            f"removed), {marked}."
        )
    return (
        f"{found.run} normalised the images for {found.network} ({found.key}) with {found.then}; now it would be "
        f"{found.now}. Choose with {found.key}Normalization, where Dataset stands for the constants of the data, "
        f"{marked}."
    )


def _mapping(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = record.get(name)
    return found if isinstance(found, dict) else {}


def _seen(key: str, provenance: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the constants that a run recorded for a network; a run that did not used those of the dataset."""
    of_dataset = {"digest": provenance.get("normalization"), "constants": provenance.get("normalization_constants")}
    name = constants_field(key)
    return _mapping(provenance, name) if name in provenance else of_dataset


def _words(record: Mapping[str, Any]) -> str:
    """Returns constants in a few words; the digest of constants that are too many to be recorded."""
    return constants_text(record.get("constants")) or f"constants with the digest {record['digest']}"
