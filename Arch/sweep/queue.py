"""What is to be made next: in the plan's order, each after what it needs, and what others hold now and then."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Sequence

from Arch.planning.task import Task

LOOK_AGAIN = 1.0  # seconds between two looks at a run that another process is making
LOOKS_APART = 0.05  # seconds between two such looks in all, so that they never fill the time of the sweep


class RunQueue:
    """The tasks that have no outcome yet; each step of it costs the same however many there are."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        """Takes tasks in an order in which each comes after those it needs; what is not among them is there."""
        names = {task.name: task for task in tasks}
        self._open = set(tasks)
        self._places = {task: place for place, task in enumerate(tasks)}
        self._lacks: dict[Task, int] = {}
        self._dependents: defaultdict[Task, list[Task]] = defaultdict(list)
        self._ready: list[tuple[int, int, Task]] = []
        self._held: deque[tuple[float, Task]] = deque()
        self._last_look = float("-inf")
        for task in tasks:
            needed = {names[name] for name in task.needs if name in names}
            self._lacks[task] = len(needed)
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
        return tuple(sorted(self._open, key=self._places.__getitem__))

    def __len__(self) -> int:
        return len(self._open)

    def next(self, now: float) -> Task | None:
        """The next task to be tried at a time in seconds, or None if there is none now."""
        if self._held and self._held[0][0] <= now and self._last_look + LOOKS_APART <= now:
            self._last_look = now
            return self._held.popleft()[1]
        return heapq.heappop(self._ready)[2] if self._ready else None

    def hold(self, task: Task, now: float) -> None:
        """Puts a task off that another process is making."""
        self._held.append((now + LOOK_AGAIN, task))

    def again(self, task: Task, tries: int) -> None:
        """Has a task tried again after all that were tried less often."""
        self._push(task, tries)

    def settle(self, task: Task, *, is_there: bool) -> list[tuple[Task, Task]]:
        """Notes a task's outcome; gives the tasks that can never be begun now, each with the one that it lacks."""
        self._open.discard(task)
        if is_there:
            for dependent in self._dependents.pop(task, ()):
                self._lacks[dependent] -= 1
                if not self._lacks[dependent] and dependent in self._open:
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
        heapq.heappush(self._ready, (tries, self._places[task], task))
