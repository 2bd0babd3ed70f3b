"""The words for a sweep's runs: one line for how a run ended, and one for why it failed."""

from __future__ import annotations

from Arch.cache.attempts.failure import Failure
from Arch.cache.entry import Entry
from Arch.errors import CacheError
from Arch.sweep.progress import Outcome, Running, Task
from Arch.types import headline_of
from Arch.units import duration_text, score_text

_WORDS = {Outcome.ELSEWHERE: "done elsewhere"}


def ended_text(what: Running | Task, outcome: Outcome, failure: Failure | None, count: str = "") -> str:
    """Returns the line for a task that has its outcome; `count` follows the outcome's word."""
    task, is_old = (what.task, False) if isinstance(what, Running) else (what, outcome is Outcome.FAILED)
    word = "failed before" if is_old else _WORDS.get(outcome, outcome.value)
    where = f" ({task.label})" if task.step.labels else ""
    why = f": {failure_text(failure)}" if failure is not None else ""
    return f"{word}{count}: {task}{where}{_numbers(what, outcome)}{why}"


def failure_text(failure: Failure) -> str:
    """Returns the reason of a failure in one line."""
    return " ".join(f"{failure.message or failure.error}".split())


def _numbers(what: Running | Task, outcome: Outcome) -> str:
    if outcome is not Outcome.DONE or not isinstance(what, Running):
        return ""
    try:
        run = Entry(what.work.entry).run(what.task.run)
    except CacheError:  # removed at once, or damaged: the table of results reports it
        return ""
    name = headline_of(run.scores)
    score = f", {score_text(name, run.scores[name])}" if name else ""
    return f"{score}, {duration_text(run.seconds)}"
