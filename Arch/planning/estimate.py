"""Estimates how long missing runs will take, from cached runs that are like them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from itertools import islice
from typing import Any

from Arch.cache.layout import is_fingerprint
from Arch.cache.store import Store
from Arch.errors import CacheError, DiskError
from Arch.planning.plan import Plan
from Arch.types import Result

_MOST_WITNESSES = 2000  # more hardly change a median, and reading them is most of the time that a plan takes
_COSTLESS = ("Seed", "NumEpochs")


class Estimator:
    """The seconds of a run, from the median over the cached runs that are most like it.

    Time is taken to grow with the epochs, if a study has any. Runs are alike if they differ only in seed, epochs and
    real numbers (rates, temperatures and weights cost no time); else if they have the trainer, the data, the network
    and the experiments that they are made from in common; else if they have the data and the network in common or,
    where a study trains no network, the data and the trainer.
    """

    def __init__(self, witnesses: Iterable[Result]) -> None:
        """Reads the seconds of cached results."""
        self._paces: dict[Hashable, list[float]] = defaultdict(list)
        for witness in witnesses:
            for likeness in _likenesses(witness.active):
                self._paces[likeness] += [seconds / _epochs(witness.active) for seconds in witness.seconds.values()]

    def seconds(self, active: Mapping[str, Any]) -> float | None:
        """Returns the seconds of one run of an experiment with these values, or None where nothing like it is known."""
        paces = next(filter(None, (self._paces.get(likeness) for likeness in _likenesses(active))), None)
        return sorted(paces)[len(paces) // 2] * _epochs(active) if paces else None


def estimator(plan: Plan, store: Store) -> Estimator:
    """Returns the estimator for the missing runs of a plan; the cache is read only where something is missing.

    Raises:
        DiskError: the cache cannot be read.
    """
    return Estimator(_results(store) if plan.missing else ())


def _results(store: Store) -> Iterable[Result]:
    for entry in islice(store.entries(), _MOST_WITNESSES):
        try:
            yield entry.result()
        except (CacheError, DiskError):  # a damaged entry must not keep a plan from being made
            continue


def _epochs(active: Mapping[str, Any]) -> int:
    return active.get("NumEpochs") or 1


def _likenesses(active: Mapping[str, Any]) -> tuple[Hashable, ...]:
    """Returns what is equal for experiments that are alike, from the closest likeness to the loosest."""
    costly = {key: value for key, value in active.items() if key not in _COSTLESS and not isinstance(value, float)}
    parents = tuple(value for value in active.values() if isinstance(value, str) and is_fingerprint(value))
    data, network, trainer = active.get("Dataset"), active.get("Model"), active.get("Trainer")
    return (
        ("all", repr(sorted(costly.items()))),
        ("study", trainer, active.get("TrainSamples"), parents, data, network),
        ("data", data, network or trainer, "NumEpochs" in active),
    )
