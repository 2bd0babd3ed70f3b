"""Progress of a run on standard error: a bar on a terminal, a line per epoch elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from Arch.callbacks import SilentWatcher, Watcher
from Arch.escaping import printable, unescaped
from Arch.types import Epoch, headline_of
from Arch.units import epoch_text, score_text

if TYPE_CHECKING:
    from tqdm import tqdm


def watcher(*, quiet: bool) -> Watcher:
    """Returns the watcher for standard error: none if `quiet`, a bar on a terminal, else lines."""
    if quiet:
        return SilentWatcher()
    return BarWatcher() if sys.stderr.isatty() else LineWatcher()


@dataclass
class LineWatcher(SilentWatcher):
    """Prints a line per epoch, for logs."""

    _epochs: int = 0

    def run_started(self, title: str, run: int, epochs: int, steps: int) -> None:
        """Prints which run starts and how long it is."""
        self._epochs = epochs
        _print(f"{title}, run {run}: {f'{epochs} epochs of ' if epochs else ''}{steps} steps")

    def run_resumed(self, step: int) -> None:
        """Prints the step from which the run continues."""
        _print(f"  resumes at step {step}")

    def epoch_done(self, epoch: Epoch) -> None:
        """Prints the epoch's headline metrics."""
        _print(f"  epoch {epoch.number:>3}/{self._epochs}  {_short(epoch)}  {epoch.seconds:.1f} s")

    def run_finished(self, scores: Mapping[str, float], seconds: float) -> None:
        """Prints the headline score."""
        _print(f"  {_finished(scores, seconds)}")


@dataclass
class BarWatcher(SilentWatcher):
    """Draws a bar over the run's steps."""

    _bar: tqdm[Any] | None = field(default=None)

    def run_started(self, title: str, run: int, epochs: int, steps: int) -> None:
        """Opens the bar."""
        from tqdm import tqdm  # only a run on a terminal needs it

        if self._bar is not None:
            self._bar.close()  # the run before failed
        total = max(epochs, 1) * steps
        # The bar moves the cursor itself, so what it shows is escaped here.
        name = printable(f"{title}, run {run}")
        self._bar = tqdm(total=total, desc=name, unit="step", leave=False, file=unescaped(sys.stderr))

    def run_resumed(self, step: int) -> None:
        """Starts the bar at the step from which the run continues."""
        if self._bar is not None:
            self._bar.initial = self._bar.n = step  # earlier steps must not count in the bar's speed

    def step_done(self) -> None:
        """Advances the bar by one step."""
        if self._bar is not None:
            self._bar.update()

    def epoch_done(self, epoch: Epoch) -> None:
        """Shows the epoch's headline metrics behind the bar."""
        if self._bar is not None:
            self._bar.set_postfix_str(printable(f"epoch {epoch.number}, {_short(epoch)}"))

    def run_finished(self, scores: Mapping[str, float], seconds: float) -> None:
        """Closes the bar and prints the headline score."""
        if self._bar is not None:
            title = self._bar.desc
            self._bar.close()
            _print(f"{title}: {_finished(scores, seconds)}")


def _short(epoch: Epoch) -> str:
    """Returns an epoch's training loss and the headline metric of each split, as far as it has them."""
    train = {**_only(epoch.train, "loss"), **_headline(epoch.train)}
    return epoch_text(replace(epoch, train=train, validation=_headline(epoch.validation), test=_headline(epoch.test)))


def _headline(metrics: Mapping[str, float]) -> Mapping[str, float]:
    return _only(metrics, headline_of(metrics))


def _only(metrics: Mapping[str, float], name: str) -> Mapping[str, float]:
    return {name: metrics[name]} if name in metrics else {}


def _finished(scores: Mapping[str, float], seconds: float) -> str:
    shown = [score_text(name, value) for name, value in _headline(scores).items()]
    return ", ".join(["finished", *shown, f"{seconds:.1f} s"])


def _print(line: str) -> None:
    print(printable(line), file=sys.stderr, flush=True)
