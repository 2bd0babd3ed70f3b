"""What became of the tasks of a sweep, and why some of them are not there."""

from __future__ import annotations

from dataclasses import dataclass

from Arch.cache.attempts.failure import Failure
from Arch.errors import ArchError
from Arch.planning.task import Task
from Arch.sweep.progress import Outcome

_HOW = {Outcome.STOPPED: "was stopped", Outcome.CRASHED: "crashed"}


@dataclass(frozen=True)
class TaskOutcome:
    """What became of a task, and why it is not there."""

    outcome: Outcome
    failure: Failure | None = None


@dataclass(frozen=True)
class Report:
    """What became of a sweep.

    Attributes:
        outcomes: by task, in the order in which they were given.
        left: tasks that were not begun because the sweep was stopped.
    """

    outcomes: dict[Task, TaskOutcome]
    left: tuple[Task, ...]

    def of(self, *outcomes: Outcome) -> dict[Task, Failure | None]:
        """The tasks with one of these outcomes, each with what kept it from being made."""
        return {task: outcome.failure for task, outcome in self.outcomes.items() if outcome.outcome in outcomes}

    @property
    def is_complete(self) -> bool:
        """Whether all that was to be made is there."""
        return not self.left and all(outcome.outcome.is_there for outcome in self.outcomes.values())


def refused(task: Task, error: ArchError) -> TaskOutcome:
    """The outcome on a task that cannot run at all."""
    return TaskOutcome(Outcome.REFUSED, Failure(task.run, "error", type(error).__name__, str(error)))


def blocked(task: Task, cause: Task, outcome: Outcome) -> TaskOutcome:
    """The outcome on a task that lacks what it is made from."""
    message = f"not tried: {cause.step.config.title}, which it needs, {_HOW.get(outcome, 'failed')}."
    return TaskOutcome(Outcome.BLOCKED, Failure(task.run, "error", "TrainingError", message))
