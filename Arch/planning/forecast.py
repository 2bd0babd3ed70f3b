"""Forecasts how long the runs of a plan take on a number of workers, also while they are being made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from Arch.planning.task import Task


class Forecast:
    """The time that is left for some tasks.

    It is the time of all tasks divided by the number of workers, but at least that of the longest chain of tasks each
    of which needs the one before. Tasks of unknown length count as the average of the others. As runs are finished,
    all estimates are scaled by what those took in comparison with their own estimates.
    """

    def __init__(self, tasks: Sequence[Task], seconds_of: Callable[[Task], float | None], workers: int) -> None:
        """Takes the tasks, each after those that it needs.

        Args:
            tasks: the runs to be made.
            seconds_of: estimates the seconds of one from the start of its worker to its commit, or returns None.
            workers: how many are made at a time.
        """
        self._workers = workers
        estimates = {task: seconds_of(task) for task in tasks}
        known = [seconds for seconds in estimates.values() if seconds is not None]
        self._is_known = bool(known)
        usual = sum(known) / len(known) if known else 1.0  # alone it only gives the tasks equal weights
        self._seconds = {task: usual if seconds is None else seconds for task, seconds in estimates.items()}
        self._after = _longest_after(tasks, self._seconds)
        self._by_chain = sorted(tasks, key=lambda task: self._seconds[task] + self._after[task])
        self._open = set(tasks)
        self._open_seconds = sum(self._seconds.values())
        self._finished_estimate = self._finished_seconds = 0.0

    def finish(self, task: Task, seconds: float | None = None) -> None:
        """Removes a task that needs no more time; `seconds` is how long its run took here, if it was made here."""
        if task not in self._open:
            return
        self._open.discard(task)
        self._open_seconds -= self._seconds[task]
        if seconds is not None:
            self._finished_estimate += self._seconds[task]
            self._finished_seconds += seconds

    def left(self, running: Mapping[Task, float] | None = None) -> float | None:
        """Returns the estimated seconds until all tasks are finished, or None while nothing is known.

        Args:
            running: the seconds that the running tasks have taken so far.
        """
        if not (self._is_known or self._finished_seconds):
            return None
        scale = self._finished_seconds / self._finished_estimate if self._finished_estimate else 1.0
        done = {task: seconds for task, seconds in (running or {}).items() if task in self._open}
        saved = {task: min(seconds, scale * self._seconds[task]) for task, seconds in done.items()}
        whole = scale * self._open_seconds - sum(saved.values())
        chains = [scale * self._chain(task) - seconds for task, seconds in saved.items()]
        while self._by_chain and self._by_chain[-1] not in self._open:
            self._by_chain.pop()
        longest = next((task for task in reversed(self._by_chain) if task in self._open and task not in done), None)
        chains += [scale * self._chain(longest)] if longest is not None else []
        return max(whole / self._workers, *chains, 0.0)

    def _chain(self, task: Task) -> float:
        return self._seconds[task] + self._after[task]


def _longest_after(tasks: Iterable[Task], seconds: Mapping[Task, float]) -> dict[Task, float]:
    """Returns for each task the seconds of the longest chain of tasks that have to wait for it."""
    names = {task.name: task for task in tasks}
    after: defaultdict[Task, float] = defaultdict(float)
    for task in reversed(list(names.values())):
        for name in task.needs:
            if needed := names.get(name):
                after[needed] = max(after[needed], seconds[task] + after[task])
    return {task: after[task] for task in names.values()}
