"""Declares the interface of a stage, through which the run loop runs the sequence of stages of a run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from Arch.training.scores import Array
from Arch.types import Epoch


class Monitor(Protocol):
    """Callbacks of a running stage; if one raises, the state of the stage is that between two steps."""

    def step_done(self) -> None:
        """Called after every step; may raise StoppedError or LeaseLostError."""

    def epoch_done(self, epoch: Epoch) -> None:
        """Called after every epoch, by stages that have epochs; raises as `step_done`."""


@dataclass(frozen=True)
class Reached:
    """The progress of a stage.

    Attributes:
        text: a sentence for the log.
        scores: the latest loss and scores, for progress displays.
        epoch: the number of finished epochs.
        epochs: the number of all epochs; 0 where the stage has none.
        seconds: seconds spent on steps alone; None where nothing else takes notable time.
        evaluations: the number of finished evaluations between the steps.
        evaluations_left: the number of those to come.
    """

    text: str
    scores: Mapping[str, float] = field(default_factory=dict)
    epoch: int = 0
    epochs: int = 0
    seconds: float | None = None
    evaluations: int = 0
    evaluations_left: int = 0


@dataclass(frozen=True, eq=False)
class Outcome:
    """The result of a finished stage.

    Attributes:
        scores: finite numbers by name.
        epochs: in order; none if the stage has none.
        weights: state dicts of what the stage trained, by file name without ending; none if it trained nothing.
        arrays: by name.
    """

    scores: Mapping[str, float]
    epochs: tuple[Epoch, ...] = ()
    weights: Mapping[str, Mapping[str, Tensor]] = field(default_factory=dict)
    arrays: Mapping[str, Array] = field(default_factory=dict)


class Stage(ABC):
    """A part of a run: a fit, a pass, or another sequence of steps that can be interrupted between any two.

    Attributes:
        name: the name of the stage, unique in its run.
        steps: the number of all its steps.
        plan: its length, for the log.
        notes: further lines for the log at the start of a run.
        epochs: the finished ones; empty if the stage has no epochs.
    """

    name: str
    steps: int
    plan: str
    notes: Sequence[str] = ()
    epochs: Sequence[Epoch] = ()

    @property
    @abstractmethod
    def steps_done(self) -> int:
        """The number of finished steps."""

    @abstractmethod
    def run(self, monitor: Monitor) -> None:
        """Runs the remaining steps, and calls the monitor after each.

        Raises:
            NonFiniteLossError: a loss or a score was not finite.
            StoppedError, LeaseLostError: the monitor raised it.
        """

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Returns all that the next step depends on, as plain values and tensors; not data or global generators."""

    @abstractmethod
    def load(self, state: Mapping[str, Any]) -> None:
        """Restores a `state`.

        Raises:
            RuntimeError, ValueError, KeyError: it is the state of another stage; a part of it may have been loaded.
        """

    @abstractmethod
    def reached(self) -> Reached:
        """Returns how far the stage has come."""

    @abstractmethod
    def outcome(self) -> Outcome:
        """Returns the result of the finished stage."""

    def record(self) -> dict[str, Any]:
        """Returns what a run records of the stage in its provenance; plain JSON values."""
        return {}
