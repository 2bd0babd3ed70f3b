"""Callbacks of a run in progress, and the requests that it checks after each step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from Arch.errors import LeaseLostError, StoppedError
from Arch.types import Epoch


class Interrupted(KeyboardInterrupt):
    """Raised by a signal handler: a stop was requested, and no run in progress would notice it soon."""


@dataclass
class Requests:
    """Requests to a training in progress; a signal handler may set them, and they are checked after each step.

    Attributes:
        is_stop_requested: to write a checkpoint and stop.
        is_checkpoint_requested: to write a checkpoint and continue; writing it clears the request.
        is_checked: whether a run is between its first step and its commit, so that the requests are checked soon.
        is_interrupted: whether `interrupt` has raised.
        is_deferred: whether `interrupt` has not raised, because the requests were checked.
    """

    is_stop_requested: bool = False
    is_checkpoint_requested: bool = False
    is_checked: bool = False
    is_interrupted: bool = False
    is_deferred: bool = False

    def stop(self) -> None:
        """Requests a checkpoint and a stop."""
        self.is_stop_requested = True

    def interrupt(self) -> None:
        """Requests a stop; for signal handlers in the main thread.

        Raises:
            Interrupted: no run checks the requests: imports, data or a network are loaded, or a lease is awaited.
        """
        self.stop()
        if self.is_checked:
            self.is_deferred = True
            return
        self.is_interrupted = True
        raise Interrupted

    def checkpoint(self) -> None:
        """Requests a checkpoint."""
        self.is_checkpoint_requested = True

    def require_no_interrupt(self, what: str) -> None:
        """Raises StoppedError before `what` if an interrupt was deferred."""
        if self.is_deferred:
            raise StoppedError(f"stopped before {what}; the same command continues from there.")

    @contextmanager
    def checked(self) -> Iterator[None]:
        """Defers an interrupt until the caller checks for it, after this context."""
        before, self.is_checked = self.is_checked, True
        try:
            yield
        finally:
            self.is_checked = before

    @contextmanager
    def interrupts_converted(self) -> Iterator[None]:
        """Converts an interrupt, also one of which a library made another error, to StoppedError."""
        try:
            yield
        except (Interrupted, Exception, SystemExit) as error:
            if not self.is_interrupted or isinstance(error, (StoppedError, LeaseLostError)):
                raise
            raise StoppedError("stopped on request, not in the middle of a run; the same command continues.") from error


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
