"""Progress of a training: a bar on a terminal, a line per epoch elsewhere, all on standard error."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from Arch.callbacks import SilentWatcher, Watcher
from Arch.types import Epoch

if TYPE_CHECKING:
    from tqdm import tqdm


def watcher(*, quiet: bool) -> Watcher:
    """The watcher that fits where standard error goes."""
    if quiet:
        return SilentWatcher()
    return BarWatcher() if sys.stderr.isatty() else LineWatcher()


@dataclass
class LineWatcher(SilentWatcher):
    """A line per epoch, for logs."""

    _epochs: int = 0

    def run_started(self, title: str, run: int, epochs: int, steps: int) -> None:
        """Says what begins."""
        self._epochs = epochs
        _say(f"{title}, run {run}: {epochs} epochs of {steps} steps")

    def run_resumed(self, step: int) -> None:
        """Says where it goes on."""
        _say(f"  goes on from step {step}")

    def epoch_done(self, epoch: Epoch) -> None:
        """Says the epoch's numbers."""
        _say(f"  epoch {epoch.number:>3}/{self._epochs}  {numbers(epoch)}  {epoch.seconds:.1f} s")

    def run_finished(self, scores: Mapping[str, float], seconds: float) -> None:
        """Says the headline score."""
        _say(f"  kept: accuracy {100 * scores['accuracy']:.2f} % after {seconds:.1f} s")


@dataclass
class BarWatcher(SilentWatcher):
    """A bar over the run's steps."""

    _bar: tqdm[Any] | None = field(default=None)

    def run_started(self, title: str, run: int, epochs: int, steps: int) -> None:
        """Opens the bar."""
        from tqdm import tqdm  # only a training on a terminal needs it

        if self._bar is not None:
            self._bar.close()  # the run before failed
        self._bar = tqdm(total=epochs * steps, desc=f"{title}, run {run}", unit="step", leave=False, file=sys.stderr)

    def run_resumed(self, step: int) -> None:
        """Lets the bar begin where the run goes on."""
        if self._bar is not None:
            self._bar.initial = self._bar.n = step  # what came before counts neither as work nor as time

    def step_done(self) -> None:
        """Moves the bar."""
        if self._bar is not None:
            self._bar.update()

    def epoch_done(self, epoch: Epoch) -> None:
        """Shows the epoch's numbers behind the bar."""
        if self._bar is not None:
            self._bar.set_postfix_str(f"epoch {epoch.number}, {numbers(epoch)}")

    def run_finished(self, scores: Mapping[str, float], seconds: float) -> None:
        """Closes the bar and leaves a line."""
        if self._bar is not None:
            title = self._bar.desc
            self._bar.close()
            _say(f"{title}: accuracy {100 * scores['accuracy']:.2f} % after {seconds:.1f} s")


def numbers(epoch: Epoch) -> str:
    """An epoch's numbers in a few words."""
    words = [f"loss {epoch.train['loss']:.4f}", f"train {100 * epoch.train['accuracy']:.2f} %"]
    if epoch.validation:
        words.append(f"validation {100 * epoch.validation['accuracy']:.2f} %")
    if epoch.test:
        words.append(f"test {100 * epoch.test['accuracy']:.2f} %")
    return "  ".join(words)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
