"""Keeps a run alive whose watcher fails: a display that cannot show something must not end what it shows."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from Arch.callbacks import SilentWatcher, Watcher
from Arch.errors import ArchError
from Arch.types import Epoch


class GuardedWatcher:
    """Passes calls on to a watcher until one raises an error, which is logged; from then on the watcher is left out.

    An ArchError goes through, since a watcher may end a run on purpose; so does what is no Exception (Ctrl-C).
    """

    def __init__(self, watcher: Watcher) -> None:
        """Takes the watcher to guard."""
        self._watcher = watcher

    def run_started(self, title: str, run: int, epochs: int, steps: int) -> None:
        """See `Watcher.run_started`."""
        try:
            self._watcher.run_started(title, run, epochs, steps)
        except Exception as error:  # noqa: BLE001 - a watcher is a caller's own code
            self._leave_out(error)

    def run_resumed(self, step: int) -> None:
        """See `Watcher.run_resumed`."""
        try:
            self._watcher.run_resumed(step)
        except Exception as error:  # noqa: BLE001 - as above
            self._leave_out(error)

    def step_done(self) -> None:
        """See `Watcher.step_done`."""
        try:
            self._watcher.step_done()
        except Exception as error:  # noqa: BLE001 - as above
            self._leave_out(error)

    def epoch_done(self, epoch: Epoch) -> None:
        """See `Watcher.epoch_done`."""
        try:
            self._watcher.epoch_done(epoch)
        except Exception as error:  # noqa: BLE001 - as above
            self._leave_out(error)

    def run_finished(self, scores: Mapping[str, float], seconds: float) -> None:
        """See `Watcher.run_finished`."""
        try:
            self._watcher.run_finished(scores, seconds)
        except Exception as error:  # noqa: BLE001 - as above
            self._leave_out(error)

    def _leave_out(self, error: Exception) -> None:
        if isinstance(error, ArchError):
            raise error
        watcher, self._watcher = type(self._watcher).__name__, SilentWatcher()
        logging.getLogger(__name__).warning(
            "the progress display %s failed (%s: %s) and is left out; the run goes on.",
            watcher,
            type(error).__name__,
            error,
        )
