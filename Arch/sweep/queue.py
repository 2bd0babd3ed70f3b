"""The queue of a sweep: tasks in the plan's order, each after its dependencies."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Sequence

from Arch.planning.task import Task

LOOK_AGAIN = 1.0  # seconds until a run that another process holds is tried again
LOOKS_APART = 0.05  # seconds between any two such tries, so that they never take all time of the sweep


class RunQueue:
    """The tasks without an outcome; taking or adding one costs at most logarithmic time."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        """Takes tasks in an order in which each comes after its dependencies; runs that are not among them exist."""
        names = {task.name: task for task in tasks}
        self._open = set(tasks)
        self._order = {task: index for index, task in enumerate(tasks)}
        self._open_needs: dict[Task, int] = {}
        self._dependents: defaultdict[Task, list[Task]] = defaultdict(list)
        self._ready: list[tuple[int, int, Task]] = []
        self._held: deque[tuple[float, Task]] = deque()
        self._last_look = float("-inf")
        for task in tasks:
            needed = {names[name] for name in task.needs if name in names}
            self._open_needs[task] = len(needed)
            for other in needed:
                self._dependents[other].append(task)
            if not needed:
                self._push(task, 0)

    @property
    def is_over(self) -> bool:
        """Whether every task has its outcome."""
        return not self._open

    @property
    def left(self) -> tuple[Task, ...]:
        """The tasks without an outcome, in order."""
        return tuple(sorted(self._open, key=self._order.__getitem__))

    def __len__(self) -> int:
        return len(self._open)

    def next(self, now: float) -> Task | None:
        """Returns the next task to try at the time `now` in seconds, or None if there is none now."""
        if self._held and self._held[0][0] <= now and self._last_look + LOOKS_APART <= now:
            self._last_look = now
            return self._held.popleft()[1]
        return heapq.heappop(self._ready)[2] if self._ready else None

    def postpone(self, task: Task, now: float) -> None:
        """Postpones a task whose run another process holds."""
        self._held.append((now + LOOK_AGAIN, task))

    def requeue(self, task: Task, tries: int) -> None:
        """Queues a task again, after all tasks that were tried less often."""
        self._push(task, tries)

    def finish(self, task: Task, *, run_exists: bool) -> list[tuple[Task, Task]]:
        """Removes a task with an outcome; returns the tasks that it blocks, each with the missing one that it needs."""
        self._open.discard(task)
        if run_exists:
            for dependent in self._dependents.pop(task, ()):
                self._open_needs[dependent] -= 1
                if not self._open_needs[dependent] and dependent in self._open:
                    self._push(dependent, 0)
            return []
        blocked: list[tuple[Task, Task]] = []
        causes = [task]
        for cause in causes:
            for dependent in self._dependents.pop(cause, ()):
                if dependent in self._open:
                    self._open.discard(dependent)
                    blocked.append((dependent, cause))
                    causes.append(dependent)
        return blocked

    def _push(self, task: Task, tries: int) -> None:
        heapq.heappush(self._ready, (tries, self._order[task], task))
