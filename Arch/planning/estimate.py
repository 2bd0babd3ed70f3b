"""How long missing runs will take, told from cached runs that are like them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from itertools import islice
from typing import Any

from Arch.cache.store import Store
from Arch.errors import CacheError, DiskError
from Arch.planning.plan import Plan
from Arch.types import Result

_MOST_WITNESSES = 2000  # more tell nothing new, and reading them is most of the time that a plan takes
_COSTLESS = ("Seed", "NumEpochs")


class Estimator:
    """The seconds of a run, from the median over the runs that are most like it.

    Time is taken to grow with the epochs. Runs are alike if they differ only in seed, epochs and real numbers (rates,
    temperatures, weights cost no time); else if they have trainer, data, network and teacher in common; else if they
    have data and network in common.
    """

    def __init__(self, witnesses: Iterable[Result]) -> None:
        """Learns from results of experiments."""
        self._paces: dict[Hashable, list[float]] = defaultdict(list)
        for witness in witnesses:
            if epochs := witness.active.get("NumEpochs"):
                for likeness in _likenesses(witness.active):
                    self._paces[likeness] += [seconds / epochs for seconds in witness.seconds.values()]

    def seconds(self, active: Mapping[str, Any]) -> float | None:
        """The seconds of one run of an experiment with these values, or None where nothing like it is known."""
        paces = next(filter(None, (self._paces.get(likeness) for likeness in _likenesses(active))), None)
        return sorted(paces)[len(paces) // 2] * active.get("NumEpochs", 0) if paces else None


def estimator(plan: Plan, store: Store) -> Estimator:
    """What the cache tells about the missing runs of a plan; nothing is read where nothing is missing.

    Raises:
        DiskError: the cache cannot be read.
    """
    return Estimator(_results(store) if plan.missing else ())


def _results(store: Store) -> Iterable[Result]:
    for entry in islice(store.entries(), _MOST_WITNESSES):
        try:
            yield entry.result()
        except (CacheError, DiskError):  # a damaged witness tells nothing, and is no hindrance to a plan
            continue


def _likenesses(active: Mapping[str, Any]) -> tuple[Hashable, ...]:
    """What names the experiments that are alike, from the closest likeness to the loosest."""
    costly = {key: value for key, value in active.items() if key not in _COSTLESS and not isinstance(value, float)}
    data_and_network = (active.get("Dataset"), active.get("Model"))
    return (
        ("all", repr(sorted(costly.items()))),
        ("study", active.get("Trainer"), active.get("TrainSamples"), active.get("Teacher"), *data_and_network),
        ("network", *data_and_network),
    )
