"""Makes a plan: every requested experiment and dependency once, dependencies first, with its missing runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from Arch.cache.status import Status
from Arch.cache.store import Store
from Arch.config.config import Config
from Arch.errors import ArchError, NotImplementedYetError, PluginError
from Arch.planning.made_from import runs_behind


@dataclass(frozen=True)
class Step:
    """One experiment of a plan.

    Attributes:
        config: the experiment, with `NumRuns` set to the number of runs that the plan needs.
        labels: the config files or fingerprints by which the user requested it; empty if it is only a dependency.
        status: its finished and missing runs in the cache, and the attempts at the missing ones.
        refusal: why it cannot run at all: a value is not implemented, a reference is missing or cannot be used, plugins
            are missing, or its cache entry cannot be used; None if it can run or is finished.
        needs: fingerprints of the experiments and foreign networks that it refers to directly.
    """

    config: Config
    labels: tuple[str, ...]
    status: Status
    refusal: ArchError | None
    needs: tuple[str, ...]

    @property
    def wanted(self) -> int:
        """The number of runs that the plan needs."""
        return self.status.wanted

    @property
    def done(self) -> int:
        """How many of the `wanted` runs are finished."""
        return self.status.done

    @property
    def failure(self) -> str:
        """The error class and message of the most recent failure among the missing runs, or an empty text."""
        return str(self.status.failure or "")

    @property
    def is_done(self) -> bool:
        """Whether all wanted runs are finished."""
        return self.status.is_done

    @property
    def state(self) -> str:
        """The name of its state, such as `partial`, or `refused`; a finished experiment is never `refused`."""
        return "refused" if self.refusal and not self.is_done else self.status.state.value


@dataclass(frozen=True)
class Plan:
    """The requested experiments and their dependencies, in the order of the requests, but dependencies come first."""

    steps: tuple[Step, ...]

    @cached_property
    def missing(self) -> tuple[Step, ...]:
        """The experiments with missing runs, in the order in which to run them; those with a `refusal` are included.

        Experiments on which the longest chains of others depend come first, so that workers seldom wait for a teacher.
        """
        missing = [step for step in self.steps if not step.is_done]
        waiting = {step.config.fingerprint: 0 for step in missing}
        for step in reversed(missing):
            for need in waiting.keys() & step.needs:
                waiting[need] = max(waiting[need], waiting[step.config.fingerprint] + 1)
        return tuple(sorted(missing, key=lambda step: -waiting[step.config.fingerprint]))

    @cached_property
    def possible(self) -> tuple[Step, ...]:
        """Those of the `missing` experiments that are not refused, and that need none that is."""
        barred: set[str] = set()
        for step in self.steps:  # dependencies first
            if not step.is_done and (step.refusal or not barred.isdisjoint(step.needs)):
                barred.add(step.config.fingerprint)
        return tuple(step for step in self.missing if step.config.fingerprint not in barred)

    @property
    def duplicates(self) -> tuple[Step, ...]:
        """The experiments that were requested more than once."""
        return tuple(step for step in self.steps if len(step.labels) > 1)


def make_plan(requested: Iterable[tuple[Config, str]], store: Store) -> Plan:
    """Makes the plan of the requested experiments and of the dependencies of their missing runs.

    Args:
        requested: configs, each with a label for display: its file or fingerprint.
        store: the cache; it is not changed.

    Raises:
        DiskError: the cache cannot be read.
        PluginError: two configs have the same fingerprint, but different plugin contents or active values.
    """
    planner = _Planner(store)
    for config, label in requested:
        planner.add(config, config.option("NumRuns"), (label,))
    return Plan(tuple(planner.ordered()))


class _Planner:
    """Collects experiments by fingerprint; adds dependencies only of those that are neither finished nor refused."""

    def __init__(self, store: Store) -> None:
        self._store = store.snapshot()
        self._steps: dict[str, Step] = {}

    def add(self, config: Config, runs: int, labels: tuple[str, ...] = ()) -> None:
        known = self._steps.get(config.fingerprint)
        step = self._step(config, runs, labels) if known is None else self._joined(known, config, runs, labels)
        self._steps[config.fingerprint] = step
        if not (step.is_done or step.refusal):
            for reference, run in runs_behind(config, max(step.status.missing)):
                self.add(reference, run + 1)

    def ordered(self) -> Sequence[Step]:
        ordered: dict[str, Step] = {}
        for fingerprint in self._steps:
            self._place(fingerprint, ordered)
        return tuple(ordered.values())

    def _place(self, fingerprint: str, ordered: dict[str, Step]) -> None:
        step = self._steps[fingerprint]
        for need in step.needs:
            if need in self._steps and need not in ordered:
                self._place(need, ordered)
        ordered[fingerprint] = step

    def _joined(self, step: Step, config: Config, runs: int, labels: tuple[str, ...]) -> Step:
        """Returns a step with the runs and labels of a further request for it."""
        _require_same_files(step.config, config)
        labels = (*step.labels, *labels)
        return self._step(step.config, runs, labels) if runs > step.wanted else replace(step, labels=labels)

    def _step(self, config: Config, runs: int, labels: tuple[str, ...]) -> Step:
        status = self._store.status(config, runs)
        refusal = status.problem or (None if status.is_done else _refusal(config))
        needs = tuple(other.fingerprint for other in config.references.values())
        return Step(with_runs(config, runs), labels, status, refusal, needs)


def _require_same_files(one: Config, other: Config) -> None:
    """Checks that two configs of one fingerprint have the same plugin contents and active values; raises PluginError.

    Nothing is checked if plugins of one of them are missing.
    """
    if one.rules is other.rules or one.obstacle or other.obstacle:
        return
    mine, yours = ({each.code.path: each.code.sha256 for each in config.rules.plugins} for config in (one, other))
    if sorted(mine.values()) == sorted(yours.values()) and one.active == other.active:
        return
    files = " and ".join([*(mine.keys() - yours.keys()), *(yours.keys() - mine.keys())])
    raise PluginError(
        f"{files} define the same names differently: the experiments {one.title} that use them would have one "
        "fingerprint. Rename what one of the files defines."
    )


def _refusal(config: Config) -> NotImplementedYetError | None:
    try:
        config.require_implemented()
    except NotImplementedYetError as error:
        return error
    return None


def with_runs(config: Config, runs: int) -> Config:
    """Returns a config whose option `NumRuns` is `runs`."""
    if config.option("NumRuns") == runs:
        return config
    return replace(config, options={**config.options, "NumRuns": runs})
