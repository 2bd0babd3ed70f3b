"""Carries out a plan in this process, one experiment after the other."""

from __future__ import annotations

from dataclasses import dataclass

from Arch.errors import ArchError, StoppedError, TrainingError
from Arch.planning.plan import Plan, Step
from Arch.sweep.worker import Worker


@dataclass(frozen=True)
class FailedStep:
    """An experiment that could not be finished, with its error; it was not tried if one that it needs failed."""

    step: Step
    error: ArchError
    is_tried: bool = True


def carry_out(plan: Plan, worker: Worker) -> tuple[FailedStep, ...]:
    """Makes all missing runs of a plan in this process, one experiment after the other; retries earlier failures.

    A failed experiment does not stop the others, except its dependents. After a request to stop, the interrupted
    experiment is the last of the result.
    """
    failures: dict[str, FailedStep] = {}
    for step in plan.missing:
        lacking = [need for need in step.needs if need in failures]
        try:
            if step.refusal:
                raise step.refusal
            if lacking:
                raise TrainingError(f"not tried: it depends on {failures[lacking[0]].step.config.title}, which failed.")
            worker.train(step.config)
        except ArchError as error:
            failures[step.config.fingerprint] = FailedStep(step, error, is_tried=not lacking)
            if isinstance(error, StoppedError):
                break
    return tuple(failures.values())
