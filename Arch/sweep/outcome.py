"""The outcomes of the tasks of a sweep, with the failures."""

from __future__ import annotations

from dataclasses import dataclass

from Arch.cache.attempts.failure import Failure
from Arch.errors import ArchError, why
from Arch.planning.task import Task
from Arch.sweep.progress import Outcome

_HOW = {Outcome.STOPPED: "was stopped", Outcome.CRASHED: "crashed"}


@dataclass(frozen=True)
class TaskOutcome:
    """The outcome of a task, and the failure if its run does not exist."""

    outcome: Outcome
    failure: Failure | None = None


@dataclass(frozen=True)
class Report:
    """The result of a sweep.

    Attributes:
        outcomes: the outcomes by task, in the order in which they were determined.
        left: the tasks that were not started because the sweep was stopped.
    """

    outcomes: dict[Task, TaskOutcome]
    left: tuple[Task, ...]

    def of(self, *outcomes: Outcome) -> dict[Task, Failure | None]:
        """Returns the tasks with one of these outcomes, each with its failure."""
        return {task: outcome.failure for task, outcome in self.outcomes.items() if outcome.outcome in outcomes}

    @property
    def is_complete(self) -> bool:
        """Whether all runs exist."""
        return not self.left and all(outcome.outcome.run_exists for outcome in self.outcomes.values())


def refused(task: Task, error: ArchError) -> TaskOutcome:
    """Returns the outcome of a task that cannot run at all."""
    return TaskOutcome(Outcome.REFUSED, Failure(task.run, "error", type(error).__name__, why(error)))


def blocked(task: Task, cause: Task, outcome: Outcome) -> TaskOutcome:
    """Returns the outcome of a task whose dependency is missing."""
    message = f"not tried: it depends on {cause.step.config.title}, which {_HOW.get(outcome, 'failed')}."
    return TaskOutcome(Outcome.BLOCKED, Failure(task.run, "error", "TrainingError", message))
