"""What a caller hears of a run while it goes on, and what it may ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from Arch.types import Epoch


@dataclass
class Requests:
    """What is asked of a training while it goes on; a signal handler may ask, and each step looks.

    Attributes:
        is_stop_requested: to write a checkpoint and leave.
        is_checkpoint_requested: to write a checkpoint and go on; whoever writes it takes the request back.
    """

    is_stop_requested: bool = False
    is_checkpoint_requested: bool = False

    def stop(self) -> None:
        """Asks for a checkpoint and the end."""
        self.is_stop_requested = True

    def checkpoint(self) -> None:
        """Asks for a checkpoint."""
        self.is_checkpoint_requested = True


class Watcher(Protocol):
    """Who wants to hear of a training as it goes on; every call is cheap and may be ignored."""

    def run_started(self, title: str, run: int, epochs: int, steps: int) -> None:
        """Run number `run` of the experiment called `title` begins: `epochs` epochs of `steps` optimizer steps."""

    def run_resumed(self, step: int) -> None:
        """The run that has just begun goes on from its checkpoint: so many of its steps are done already."""

    def step_done(self) -> None:
        """One optimizer step was queued; nothing may be read from the device here."""

    def epoch_done(self, epoch: Epoch) -> None:
        """An epoch's numbers are in."""

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
