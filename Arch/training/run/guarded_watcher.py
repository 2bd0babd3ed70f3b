"""Guards a run against errors of its watcher: a progress display that fails must not end the run."""

from __future__ import annotations

from collections.abc import Mapping

from Arch.callbacks import SilentWatcher, Watcher
from Arch.guard import Guard
from Arch.types import Epoch


class GuardedWatcher:
    """A watcher of a run behind a `Guard`."""

    def __init__(self, watcher: Watcher) -> None:
        """Takes the watcher to guard."""
        self._guard = Guard[Watcher](watcher, SilentWatcher(), "run")

    @classmethod
    def around(cls, watcher: Watcher) -> GuardedWatcher:
        """Returns a guarded watcher, the given one if it is guarded already."""
        return watcher if isinstance(watcher, GuardedWatcher) else cls(watcher)

    def run_started(self, title: str, run: int, epochs: int, steps: int) -> None:
        """See `Watcher.run_started`."""
        with self._guard.call() as watcher:
            watcher.run_started(title, run, epochs, steps)

    def run_resumed(self, step: int) -> None:
        """See `Watcher.run_resumed`."""
        with self._guard.call() as watcher:
            watcher.run_resumed(step)

    def step_done(self) -> None:
        """See `Watcher.step_done`."""
        with self._guard.call() as watcher:
            watcher.step_done()

    def epoch_done(self, epoch: Epoch) -> None:
        """See `Watcher.epoch_done`."""
        with self._guard.call() as watcher:
            watcher.epoch_done(epoch)

    def run_finished(self, scores: Mapping[str, float], seconds: float) -> None:
        """See `Watcher.run_finished`."""
        with self._guard.call() as watcher:
            watcher.run_finished(scores, seconds)
