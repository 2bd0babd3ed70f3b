"""Estimates the time that is left for a run, from how long its steps and its evaluations took so far."""

from __future__ import annotations

from collections.abc import Sequence

from Arch.training.run.stage import Reached


def seconds_left(reached: Sequence[Reached], seconds: float, steps_done: int, steps: int) -> float | None:
    """Returns the remaining seconds of a run, evaluations included, or None where its stages do not tell them apart.

    Args:
        reached: how far each stage has come.
        seconds: time spent on the run.
        steps_done: the number of finished steps of all stages.
        steps: the number of all steps.
    """
    known = [each.seconds for each in reached if each.seconds is not None]
    if not steps_done or len(known) < len(reached):
        return None
    on_steps, evaluations = min(sum(known), seconds), sum(each.evaluations for each in reached)
    evaluation = (seconds - on_steps) / evaluations if evaluations else 0.0
    to_come = sum(each.evaluations_left for each in reached)
    return on_steps / steps_done * (steps - steps_done) + evaluation * to_come
