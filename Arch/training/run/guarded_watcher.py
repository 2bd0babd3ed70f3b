"""Guards a run against errors of its watcher: a progress display that fails must not end the run."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from Arch.callbacks import SilentWatcher, Watcher
from Arch.errors import ArchError
from Arch.types import Epoch


class GuardedWatcher:
    """Calls a watcher until it raises an error, which is logged; from then on the watcher is not called.

    ArchError is raised again, since a watcher may end a run on purpose, and so is KeyboardInterrupt.
    """

    def __init__(self, watcher: Watcher) -> None:
        """Takes the watcher to guard."""
        self._watcher = watcher

    def run_started(self, title: str, run: int, epochs: int, steps: int) -> None:
        """See `Watcher.run_started`."""
        try:
            self._watcher.run_started(title, run, epochs, steps)
        except Exception as error:  # noqa: BLE001 - a watcher is code of the caller
            self._drop(error)

    def run_resumed(self, step: int) -> None:
        """See `Watcher.run_resumed`."""
        try:
            self._watcher.run_resumed(step)
        except Exception as error:  # noqa: BLE001 - as above
            self._drop(error)

    def step_done(self) -> None:
        """See `Watcher.step_done`."""
        try:
            self._watcher.step_done()
        except Exception as error:  # noqa: BLE001 - as above
            self._drop(error)

    def epoch_done(self, epoch: Epoch) -> None:
        """See `Watcher.epoch_done`."""
        try:
            self._watcher.epoch_done(epoch)
        except Exception as error:  # noqa: BLE001 - as above
            self._drop(error)

    def run_finished(self, scores: Mapping[str, float], seconds: float) -> None:
        """See `Watcher.run_finished`."""
        try:
            self._watcher.run_finished(scores, seconds)
        except Exception as error:  # noqa: BLE001 - as above
            self._drop(error)

    def _drop(self, error: Exception) -> None:
        if isinstance(error, ArchError):
            raise error
        watcher, self._watcher = type(self._watcher).__name__, SilentWatcher()
        logging.getLogger(__name__).warning(
            "the progress display %s failed (%s: %s) and is not called again; the run continues.",
            watcher,
            type(error).__name__,
            error,
        )
