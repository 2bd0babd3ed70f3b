"""Makes a plan: every experiment once, after its dependencies, with the number of its missing runs."""

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
        config: the experiment, its `NumRuns` raised to the number of runs that the plan needs.
        labels: the config files that request it; empty for a mere dependency.
        status: its runs and attempts in the cache.
        refusal: why it cannot run at all: one of its values is not implemented, or its entry cannot be used.
        needs: fingerprints of its direct dependencies.
    """

    config: Config
    labels: tuple[str, ...]
    status: Status
    refusal: ArchError | None
    needs: tuple[str, ...]

    @property
    def wanted(self) -> int:
        """The number of runs that there should be."""
        return self.status.wanted

    @property
    def done(self) -> int:
        """The number of these runs that exist."""
        return self.wanted - len(self.status.missing)

    @property
    def failure(self) -> str:
        """The class and message of the last attempt, if it failed."""
        return str(self.status.failure or "")

    @property
    def is_done(self) -> bool:
        """Whether nothing is missing."""
        return self.status.is_done

    @property
    def state(self) -> str:
        """Its state in the cache in one word, or `refused`."""
        return "refused" if self.refusal and not self.is_done else self.status.state.value


@dataclass(frozen=True)
class Plan:
    """Experiments in the order in which they were requested, but each after its dependencies."""

    steps: tuple[Step, ...]

    @cached_property
    def missing(self) -> tuple[Step, ...]:
        """The experiments with missing runs, in the order in which they are to be run.

        Those with the longest chain of dependents come first, so that no worker is idle while it waits for a teacher.
        """
        missing = [step for step in self.steps if not step.is_done]
        waiting = {step.config.fingerprint: 0 for step in missing}
        for step in reversed(missing):
            for need in waiting.keys() & step.needs:
                waiting[need] = max(waiting[need], waiting[step.config.fingerprint] + 1)
        return tuple(sorted(missing, key=lambda step: -waiting[step.config.fingerprint]))

    @property
    def duplicates(self) -> tuple[Step, ...]:
        """The experiments that more than one config requests."""
        return tuple(step for step in self.steps if len(step.labels) > 1)


def make_plan(requested: Iterable[tuple[Config, str]], store: Store) -> Plan:
    """Makes the plan of the missing runs of the requested experiments and of their dependencies.

    Args:
        requested: configs, each with a label of its source.
        store: the cache, which is only read.

    Raises:
        DiskError: the cache cannot be read.
        PluginError: two different plugins define the same names, so that different experiments have one fingerprint.
    """
    planner = _Planner(store)
    for config, label in requested:
        planner.add(config, config.option("NumRuns"), (label,))
    return Plan(tuple(planner.ordered()))


class _Planner:
    """Collects experiments by fingerprint; a finished one does not request its dependencies."""

    def __init__(self, store: Store) -> None:
        self._store = store.snapshot()
        self._steps: dict[str, Step] = {}

    def add(self, config: Config, runs: int, labels: tuple[str, ...] = ()) -> None:
        step = self._steps.get(config.fingerprint)
        if step is None:
            step = self._step(config, runs)
        _require_same_files(step.config, config)
        if runs > step.wanted:
            step = replace(self._step(step.config, runs), labels=step.labels)
        step = replace(step, labels=(*step.labels, *labels))
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

    def _step(self, config: Config, runs: int) -> Step:
        status = self._store.status(config, runs)
        refusal = status.problem or (None if status.is_done else _refusal(config))
        needs = tuple(other.fingerprint for other in config.references.values())
        return Step(with_runs(config, runs), (), status, refusal, needs)


def _require_same_files(one: Config, other: Config) -> None:
    """Refuses two configs of one fingerprint whose plugins differ; raises PluginError."""
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
    """Returns a config with another `NumRuns`."""
    if config.option("NumRuns") == runs:
        return config
    return replace(config, options={**config.options, "NumRuns": runs})
