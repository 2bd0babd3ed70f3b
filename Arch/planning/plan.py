"""A plan: every experiment once, what it depends on first, and how many runs each lacks."""

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
        config: what to run, its `NumRuns` raised to what the plan needs of it.
        labels: who asks for it (config files); empty for what only others depend on.
        status: what the cache has of it.
        refusal: why it cannot run at all: nothing implements one of its values, or its entry cannot be used.
        needs: fingerprints of the experiments that have to come first.
    """

    config: Config
    labels: tuple[str, ...]
    status: Status
    refusal: ArchError | None
    needs: tuple[str, ...]

    @property
    def wanted(self) -> int:
        """How many runs there should be."""
        return self.status.wanted

    @property
    def done(self) -> int:
        """How many of these there are."""
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
        """What the cache has of it in a word, or `refused`."""
        return "refused" if self.refusal and not self.is_done else self.status.state.value


@dataclass(frozen=True)
class Plan:
    """Experiments in the order in which they were asked for, but each after all it depends on."""

    steps: tuple[Step, ...]

    @cached_property
    def missing(self) -> tuple[Step, ...]:
        """The experiments that lack runs, in the order in which they are to be made.

        What others wait for comes first, and first of all what the longest line waits for, so that no worker is idle
        for want of a teacher.
        """
        missing = [step for step in self.steps if not step.is_done]
        waiting = {step.config.fingerprint: 0 for step in missing}
        for step in reversed(missing):
            for need in waiting.keys() & step.needs:
                waiting[need] = max(waiting[need], waiting[step.config.fingerprint] + 1)
        return tuple(sorted(missing, key=lambda step: -waiting[step.config.fingerprint]))

    @property
    def duplicates(self) -> tuple[Step, ...]:
        """The experiments that more than one config asks for."""
        return tuple(step for step in self.steps if len(step.labels) > 1)


def make_plan(asked: Iterable[tuple[Config, str]], store: Store) -> Plan:
    """The plan that gives every asked experiment its runs.

    Args:
        asked: configs with the label of who asks.
        store: the cache; it is only read.

    Raises:
        DiskError: the cache cannot be read.
        PluginError: two different files offer the same names, so that their experiments have one name.
    """
    planner = _Planner(store)
    for config, label in asked:
        planner.add(config, config.option("NumRuns"), (label,))
    return Plan(tuple(planner.ordered()))


class _Planner:
    """Collects experiments by fingerprint; a finished one does not ask for what it depends on."""

    def __init__(self, store: Store) -> None:
        self._store = store.snapshot()
        self._steps: dict[str, Step] = {}

    def add(self, config: Config, runs: int, labels: tuple[str, ...] = ()) -> None:
        step = self._steps.get(config.fingerprint)
        if step is None:
            step = self._looked_up(config, runs)
        _require_same_files(step.config, config)
        if runs > step.wanted:
            step = replace(self._looked_up(step.config, runs), labels=step.labels)
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

    def _looked_up(self, config: Config, runs: int) -> Step:
        status = self._store.status(config, runs)
        refusal = status.problem or (None if status.is_done else _refusal(config))
        needs = tuple(other.fingerprint for other in config.references.values())
        return Step(with_runs(config, runs), (), status, refusal, needs)


def _require_same_files(one: Config, other: Config) -> None:
    if one.rules is other.rules or one.obstacle or other.obstacle:
        return
    mine, yours = ({each.code.path: each.code.sha256 for each in config.rules.plugins} for config in (one, other))
    if sorted(mine.values()) == sorted(yours.values()) and one.active == other.active:
        return
    files = " and ".join([*(mine.keys() - yours.keys()), *(yours.keys() - mine.keys())])
    raise PluginError(
        f"{files} offer the same names, but not the same: the experiments {one.title} that use them cannot be told "
        "apart. Give what one of them offers other names."
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
