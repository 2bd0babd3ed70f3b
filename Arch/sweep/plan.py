"""A plan: every experiment once, what it depends on first, and how many runs each lacks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from Arch.cache.store import Store
from Arch.config.config import Config
from Arch.errors import NotImplementedYetError


@dataclass(frozen=True)
class Step:
    """One experiment of a plan.

    Attributes:
        config: what to run, its `NumRuns` raised to what the plan needs of it.
        labels: who asks for it (config files); empty for what only others depend on.
        done: how many runs there are.
        failure: the class and message of the last attempt, if it failed.
        refusal: why it cannot run at all, if nothing implements one of its values.
        needs: fingerprints of the experiments that have to come first.
    """

    config: Config
    labels: tuple[str, ...]
    done: int
    failure: str
    refusal: str
    needs: tuple[str, ...]

    @property
    def wanted(self) -> int:
        """How many runs there should be."""
        runs: int = self.config.option("NumRuns")
        return runs

    @property
    def is_done(self) -> bool:
        """Whether nothing is missing."""
        return self.done >= self.wanted

    @property
    def status(self) -> str:
        """`done`, `refused`, `partial`, `failed` or `missing`."""
        if self.is_done:
            return "done"
        if self.refusal:
            return "refused"
        if self.failure:
            return "failed"
        return "partial" if self.done else "missing"


@dataclass(frozen=True)
class Plan:
    """Experiments in an order in which each comes after all it depends on."""

    steps: tuple[Step, ...]

    @property
    def missing(self) -> tuple[Step, ...]:
        """The experiments that lack runs."""
        return tuple(step for step in self.steps if not step.is_done)

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
        ChangedDefaultError: a cached entry was made under another default.
    """
    planner = _Planner(store)
    for config, label in asked:
        planner.add(config, config.option("NumRuns"), label)
    return Plan(tuple(planner.ordered()))


class _Planner:
    """Collects experiments by fingerprint; a finished one does not ask for what it depends on."""

    def __init__(self, store: Store) -> None:
        self._store = store.snapshot()
        self._steps: dict[str, Step] = {}

    def add(self, config: Config, runs: int, label: str | None = None) -> None:
        fingerprint = config.fingerprint
        known = self._steps.get(fingerprint)
        step = known or self._new(config)
        if label is not None:
            step = replace(step, labels=(*step.labels, label))
        if known is None or runs > step.wanted:
            step = replace(step, config=with_runs(step.config, runs))
        self._steps[fingerprint] = step
        if not (step.is_done or step.refusal):
            for key, reference in config.references.items():
                if isinstance(reference, Config):
                    self.add(reference, config.active.get(f"{key}Run", 0) + 1)

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

    def _new(self, config: Config) -> Step:
        needs = tuple(other.fingerprint for other in config.references.values())
        done, failure = self._store.look(config)
        return Step(config, (), done, failure, _refusal(config), needs)


def _refusal(config: Config) -> str:
    try:
        config.require_implemented()
    except NotImplementedYetError as error:
        return str(error)
    return ""


def with_runs(config: Config, runs: int) -> Config:
    """The same experiment with another number of runs asked for."""
    if config.option("NumRuns") == runs:
        return config
    return replace(config, options={**config.options, "NumRuns": runs})
