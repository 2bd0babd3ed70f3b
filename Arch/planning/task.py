"""One run of a plan: the unit of work of a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from Arch.cache.attempts.attempt import Attempt, State
from Arch.planning.made_from import runs_behind
from Arch.planning.plan import Plan, Step

Name = tuple[str, int]


@dataclass(frozen=True, eq=False)
class Task:
    """One run of an experiment; tasks are compared by identity.

    Attributes:
        step: the experiment in the plan.
        run: the run's index.
    """

    step: Step
    run: int

    @property
    def fingerprint(self) -> str:
        """The experiment's fingerprint."""
        return self.step.config.fingerprint

    @property
    def name(self) -> Name:
        """The fingerprint and the run's index, as a key for look-ups."""
        return self.fingerprint, self.run

    @property
    def needs(self) -> Iterator[Name]:
        """The runs that have to exist before."""
        for reference, run in runs_behind(self.step.config, self.run):
            yield reference.fingerprint, run

    @property
    def attempt(self) -> Attempt | None:
        """The latest attempt when the plan was made, or None if there had been none."""
        return next((attempt for attempt in self.step.status.attempts if attempt.run == self.run), None)

    @property
    def label(self) -> str:
        """The config file that requests it, or the title of a mere dependency."""
        return self.step.labels[0] if self.step.labels else self.step.config.title

    def __str__(self) -> str:
        """Title and run, for messages."""
        return f"{self.step.config.title}, run {self.run}"


def tasks_of(plan: Plan) -> tuple[Task, ...]:
    """Returns all missing runs of a plan in its order, dependencies first."""
    return tuple(Task(step, run) for step in plan.missing for run in step.status.missing)


def failed_tasks_of(plan: Plan) -> tuple[Task, ...]:
    """Returns the runs of a plan that failed or crashed, and the missing runs that they need."""
    return _with_needs(
        tasks_of(plan), lambda task: task.attempt is not None and task.attempt.state in (State.FAILED, State.CRASHED)
    )


def _with_needs(tasks: tuple[Task, ...], is_chosen: Callable[[Task], bool]) -> tuple[Task, ...]:
    chosen: list[Task] = []
    needed: set[Name] = set()
    for task in reversed(tasks):
        if is_chosen(task) or task.name in needed:
            chosen.append(task)
            needed.update(task.needs)
    return tuple(reversed(chosen))
