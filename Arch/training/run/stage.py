"""A run is a sequence of stages; this is all that the run loop knows of one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from Arch.training.scores import Array
from Arch.types import Epoch


class Monitor(Protocol):
    """What a stage calls while it runs; an error that a call raises leaves the stage as it is between two steps."""

    def step_done(self) -> None:
        """Called after every step; may raise StoppedError or LeaseLostError."""

    def epoch_done(self, epoch: Epoch) -> None:
        """Called after every epoch, by stages that have epochs; raises as `step_done`."""


@dataclass(frozen=True)
class Reached:
    """How far a stage has come.

    Attributes:
        text: in words, for the log.
        scores: the latest numbers that progress displays show.
        epoch: epochs that are done.
        epochs: epochs in all; 0 where the stage has none.
    """

    text: str
    scores: Mapping[str, float] = field(default_factory=dict)
    epoch: int = 0
    epochs: int = 0


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a finished stage gives its run; of several stages the later one's wins where names are equal.

    Attributes:
        scores: finite numbers by name.
        epochs: in order; none where the stage has none.
        weights: state dicts of what the stage trained, by file name without ending; none where it trained nothing.
        arrays: by name.
    """

    scores: Mapping[str, float]
    epochs: tuple[Epoch, ...] = ()
    weights: Mapping[str, Mapping[str, Tensor]] = field(default_factory=dict)
    arrays: Mapping[str, Array] = field(default_factory=dict)


class Stage(ABC):
    """One part of a run: a fit, a pass over data, or another sequence of steps that can be left between any two.

    Attributes:
        name: of the stage, unique in its run.
        steps: how many steps it has in all.
        plan: its length in words, for the log.
        notes: further lines for the log of a run that begins.
        epochs: that are done; none where the stage has none.
    """

    name: str
    steps: int
    plan: str
    notes: Sequence[str] = ()
    epochs: Sequence[Epoch] = ()

    @property
    @abstractmethod
    def steps_done(self) -> int:
        """The number of steps that are done."""

    @abstractmethod
    def run(self, monitor: Monitor) -> None:
        """Runs the steps that are left, and calls the monitor after each.

        Raises:
            NonFiniteLossError: a number was not finite.
            StoppedError, LeaseLostError: the monitor raised it.
        """

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """All that the next step depends on beside data and global random generators; plain values and tensors."""

    @abstractmethod
    def load(self, state: Mapping[str, Any]) -> None:
        """Goes on from a `state`.

        Raises:
            RuntimeError, ValueError, KeyError: it is the state of another stage; some of it may have been taken over.
        """

    @abstractmethod
    def reached(self) -> Reached:
        """How far the stage has come."""

    @abstractmethod
    def outcome(self) -> Outcome:
        """The result of the finished stage."""

    def record(self) -> dict[str, Any]:
        """What a run records of the stage in its provenance; plain JSON values."""
        return {}
