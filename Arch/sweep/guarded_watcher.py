"""Guards a sweep against errors of its watcher: a display that fails must not stop the workers."""

from __future__ import annotations

from Arch.cache.attempts.failure import Failure
from Arch.guard import Guard
from Arch.sweep.progress import Outcome, Running, SilentSweepWatcher, SweepProgress, SweepWatcher, Task


class GuardedSweepWatcher:
    """A watcher of a sweep behind a `Guard`."""

    def __init__(self, watcher: SweepWatcher) -> None:
        """Takes the watcher to guard."""
        self._guard = Guard[SweepWatcher](watcher, SilentSweepWatcher(), "sweep")

    def started(self, running: Running) -> None:
        """See `SweepWatcher.started`."""
        with self._guard.call() as watcher:
            watcher.started(running)

    def ended(self, what: Running | Task, outcome: Outcome, failure: Failure | None) -> None:
        """See `SweepWatcher.ended`."""
        with self._guard.call() as watcher:
            watcher.ended(what, outcome, failure)

    def tick(self, progress: SweepProgress) -> None:
        """See `SweepWatcher.tick`."""
        with self._guard.call() as watcher:
            watcher.tick(progress)
