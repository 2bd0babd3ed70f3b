"""Callbacks of a run in progress, and the requests that it checks after each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from Arch.types import Epoch


@dataclass
class Requests:
    """Requests to a training in progress; a signal handler may set them, and they are checked after each step.

    Attributes:
        is_stop_requested: to write a checkpoint and stop.
        is_checkpoint_requested: to write a checkpoint and continue; writing it clears the request.
    """

    is_stop_requested: bool = False
    is_checkpoint_requested: bool = False

    def stop(self) -> None:
        """Requests a checkpoint and a stop."""
        self.is_stop_requested = True

    def checkpoint(self) -> None:
        """Requests a checkpoint."""
        self.is_checkpoint_requested = True


class Watcher(Protocol):
    """Receives the events of a training; every method has to return quickly."""

    def run_started(self, title: str, run: int, epochs: int, steps: int) -> None:
        """Run `run` of the experiment titled `title` starts: `epochs` epochs of `steps` optimizer steps each."""

    def run_resumed(self, step: int) -> None:
        """The run that has just started resumes from its checkpoint after `step` steps."""

    def step_done(self) -> None:
        """One optimizer step was queued; reading from the device now would stall it."""

    def epoch_done(self, epoch: Epoch) -> None:
        """An epoch is done and its metrics are known."""

    def run_finished(self, scores: Mapping[str, float], seconds: float) -> None:
        """The run was committed."""


class SilentWatcher:
    """A watcher that ignores everything."""

    def run_started(self, title: str, run: int, epochs: int, steps: int) -> None:
        """Ignores it."""

    def run_resumed(self, step: int) -> None:
        """Ignores it."""

    def step_done(self) -> None:
        """Ignores it."""

    def epoch_done(self, epoch: Epoch) -> None:
        """Ignores it."""

    def run_finished(self, scores: Mapping[str, float], seconds: float) -> None:
        """Ignores it."""
