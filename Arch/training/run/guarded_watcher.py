"""Guards a run against errors of its watcher: a progress display that fails must not end the run."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from Arch.callbacks import SilentWatcher, Watcher
from Arch.errors import ArchError
from Arch.types import Epoch


class GuardedWatcher:
    """Calls a watcher until it raises an error, which is logged; from then on the watcher is not called.

    ArchError is raised again, since a watcher may end a run on purpose, and so are KeyboardInterrupt and SystemExit,
    except the SystemExit by which a display (rich) answers a closed pipe.
    """

    def __init__(self, watcher: Watcher) -> None:
        """Takes the watcher to guard."""
        self._watcher = watcher

    @classmethod
    def around(cls, watcher: Watcher) -> GuardedWatcher:
        """Returns a guarded watcher, the given one if it is guarded already."""
        return watcher if isinstance(watcher, GuardedWatcher) else cls(watcher)

    def run_started(self, title: str, run: int, epochs: int, steps: int) -> None:
        """See `Watcher.run_started`."""
        with self._guarded():
            self._watcher.run_started(title, run, epochs, steps)

    def run_resumed(self, step: int) -> None:
        """See `Watcher.run_resumed`."""
        with self._guarded():
            self._watcher.run_resumed(step)

    def step_done(self) -> None:
        """See `Watcher.step_done`."""
        with self._guarded():
            self._watcher.step_done()

    def epoch_done(self, epoch: Epoch) -> None:
        """See `Watcher.epoch_done`."""
        with self._guarded():
            self._watcher.epoch_done(epoch)

    def run_finished(self, scores: Mapping[str, float], seconds: float) -> None:
        """See `Watcher.run_finished`."""
        with self._guarded():
            self._watcher.run_finished(scores, seconds)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Logs an error and drops the watcher; raises ArchError again."""
        try:
            yield
        except ArchError:
            raise
        except (Exception, SystemExit) as error:  # a watcher is code of the caller
            if isinstance(error, SystemExit) and not isinstance(error.__context__, OSError):
                raise
            logging.getLogger(__name__).warning(
                "the progress display %s failed (%s: %s) and is not called again; the run continues.",
                type(self._watcher).__name__,
                type(error).__name__,
                error,
            )
            self._watcher = SilentWatcher()
