"""One run of a plan: what a worker makes at a time."""

from __future__ import annotations

from dataclasses import dataclass

from Arch.sweep.plan import Step


@dataclass(frozen=True, eq=False)
class Task:
    """One run of an experiment; each is itself and equals no other.

    Attributes:
        step: the experiment in the plan.
        run: the run's index.
    """

    step: Step
    run: int

    @property
    def fingerprint(self) -> str:
        """The experiment's name."""
        return self.step.config.fingerprint

    @property
    def label(self) -> str:
        """Who asks for it, or what it is where only others depend on it."""
        return self.step.labels[0] if self.step.labels else self.step.config.title

    def __str__(self) -> str:
        """For people."""
        return f"{self.step.config.title}, run {self.run}"
