"""Estimates the seconds of missing runs, evaluations and start-up included, from those of similar cached runs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from itertools import islice
from typing import Any

from Arch.cache.layout import is_fingerprint
from Arch.cache.store import Store
from Arch.errors import CacheError, DiskError
from Arch.planning.plan import Plan
from Arch.types import Result

_MOST_RESULTS = 2000  # more hardly change a median, and reading them takes most of the time of a plan
_WITHOUT_COST = ("Seed", "NumEpochs")
STARTUP = 4.0  # seconds of a start without records: a worker imports torch and loads a small dataset
_IMPORTS = 3.0  # least seconds of a start: a run in a process that has imported torch records less


class Estimator:
    """Estimates the seconds of a run as the median over the most similar cached runs.

    The time is assumed to be proportional to the epochs, if a study has any. Of three definitions of similar, the first
    that finds cached runs is used: only seed, epochs and real numbers (rates, temperatures, weights) differ; trainer,
    data, network and referenced experiments are equal; data and network (without a network: data and trainer) are
    equal.
    """

    def __init__(self, results: Iterable[Result]) -> None:
        """Reads the seconds of cached results."""
        self._epoch_seconds: dict[Hashable, list[float]] = defaultdict(list)
        self._startups: dict[Hashable, list[float]] = defaultdict(list)
        for result in results:
            startups = [*filter(None, map(_startup, result.provenance.values()))]
            for similarity_key in _similarity_keys(result.active):
                self._startups[similarity_key] += startups
                self._epoch_seconds[similarity_key] += [
                    seconds / _epochs(result.active) for seconds in result.seconds.values()
                ]

    def seconds(self, active: Mapping[str, Any]) -> float | None:
        """Returns the seconds of training and evaluation of one run with these values, or None if none is similar."""
        each = _median(self._epoch_seconds, active)
        return None if each is None else each * _epochs(active)

    def worker_seconds(self, active: Mapping[str, Any]) -> float | None:
        """Returns the seconds of one run from the start of its worker to its commit, or None if none is similar."""
        seconds = self.seconds(active)
        if seconds is None:
            return None
        return seconds + max(_IMPORTS, _median(self._startups, active) or STARTUP)


def estimator(plan: Plan, store: Store) -> Estimator:
    """Returns the estimator for the missing runs of a plan; the cache is read only if runs are missing.

    Raises:
        DiskError: the cache cannot be read.
    """
    return Estimator(_results(store) if plan.missing else ())


def _results(store: Store) -> Iterable[Result]:
    for entry in islice(store.entries(), _MOST_RESULTS):
        try:
            yield entry.result()
        except (CacheError, DiskError):  # a damaged entry must not prevent a plan
            continue


def _median(found: Mapping[Hashable, list[float]], active: Mapping[str, Any]) -> float | None:
    """Returns the median over the most similar runs, or None if there is none."""
    numbers = next(filter(None, (found.get(similarity_key) for similarity_key in _similarity_keys(active))), None)
    return sorted(numbers)[len(numbers) // 2] if numbers else None


def _startup(origin: Mapping[str, Any]) -> float | None:
    """Returns the seconds before the first step that a run recorded, or None."""
    seconds = origin.get("startup_seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return None
    return float(seconds) if 0 < seconds < math.inf else None


def _epochs(active: Mapping[str, Any]) -> int:
    epochs = active.get("NumEpochs")  # a cached entry may hold any value
    return epochs if type(epochs) is int and epochs > 0 else 1


def _similarity_keys(active: Mapping[str, Any]) -> tuple[Hashable, ...]:
    """Returns keys that are equal for similar experiments, from the strictest definition to the loosest."""
    costly = {key: value for key, value in active.items() if key not in _WITHOUT_COST and not isinstance(value, float)}
    references = tuple(value for value in active.values() if isinstance(value, str) and is_fingerprint(value))
    data, network, trainer = active.get("Dataset"), active.get("Model"), active.get("Trainer")
    return (
        ("all", repr(sorted(costly.items()))),
        ("study", repr((trainer, active.get("TrainSamples"), references, data, network))),
        ("data", repr((data, network or trainer)), "NumEpochs" in active),
    )
