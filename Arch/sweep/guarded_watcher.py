"""Guards a sweep against errors of its watcher: a display that fails must not stop the workers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from Arch.cache.attempts.failure import Failure
from Arch.errors import ArchError
from Arch.sweep.progress import Outcome, Running, SilentSweepWatcher, SweepProgress, SweepWatcher, Task


class GuardedSweepWatcher:
    """Calls a watcher until it raises an error, which is logged; from then on the watcher is not called.

    ArchError is raised again, since a watcher may end a sweep on purpose, and so is KeyboardInterrupt.
    """

    def __init__(self, watcher: SweepWatcher) -> None:
        """Takes the watcher to guard."""
        self._watcher = watcher

    def started(self, running: Running) -> None:
        """See `SweepWatcher.started`."""
        with self._guarded():
            self._watcher.started(running)

    def ended(self, what: Running | Task, outcome: Outcome, failure: Failure | None) -> None:
        """See `SweepWatcher.ended`."""
        with self._guarded():
            self._watcher.ended(what, outcome, failure)

    def tick(self, progress: SweepProgress) -> None:
        """See `SweepWatcher.tick`."""
        with self._guarded():
            self._watcher.tick(progress)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Logs an error and drops the watcher; raises ArchError again."""
        try:
            yield
        except ArchError:
            raise
        except Exception as error:  # noqa: BLE001 - a watcher may be code of the caller
            logging.getLogger(__name__).warning(
                "the display of the sweep, %s, failed (%s: %s) and is not called again; the sweep continues.",
                type(self._watcher).__name__,
                type(error).__name__,
                error,
            )
            self._watcher = SilentSweepWatcher()
