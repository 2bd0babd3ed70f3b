"""Measures: the stage that passes over a split once, in batches, and trains nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from Arch.datasets.data import Split
from Arch.datasets.normalization import Normalizer
from Arch.datasets.streaming import images_of
from Arch.training.engine import Engine
from Arch.training.run.stage import Monitor, Outcome, Reached, Stage
from Arch.training.scores import Scores


class Measurement(Protocol):
    """Accumulates sums over batches, on the device."""

    def add(self, images: Tensor, labels: Tensor) -> None:
        """Adds a batch: normalised images `(B, C, H, W)` and labels `(B,)`; must not synchronise with the device."""

    def state(self) -> dict[str, Any]:
        """Returns the sums so far, as plain values and tensors."""

    def load(self, state: Mapping[str, Any]) -> None:
        """Restores a `state`; raises RuntimeError, ValueError or KeyError if it is that of another measurement."""

    def scores(self) -> Scores:
        """Returns the result after the last batch; synchronises with the device."""


class Pass(Stage):
    """One pass over all samples of a split, in their order, the short last batch included.

    A pass that is interrupted between two batches and resumed gives the same bits as an uninterrupted one.
    """

    def __init__(
        self,
        split: Split,
        normalizer: Normalizer,
        engine: Engine,
        measurement: Measurement,
        *,
        name: str = "pass",
        record: Mapping[str, Any] | None = None,
    ) -> None:
        """Takes the data and the measurement; nothing is computed.

        Args:
            split: on the device, or streamed to it.
            normalizer: from pixels to the network's input.
            engine: the device and how it computes.
            measurement: accumulates the batches.
            name: the name of the stage, unique in its run.
            record: what the run records of the stage.
        """
        self.name, self._split, self._normalizer, self._engine = name, split, normalizer, engine
        self._measurement, self._record = measurement, dict(record or {})
        self._rows = torch.split(torch.arange(len(split), device=split.pixels.device), engine.evaluation_batch)
        self._done = 0
        self.steps = len(self._rows)
        self.plan = f"{self.steps} batches of {engine.evaluation_batch} samples"

    @property
    def steps_done(self) -> int:
        """See `Stage.steps_done`."""
        return self._done

    def run(self, monitor: Monitor) -> None:
        """See `Stage.run`."""
        rows, is_streamed = self._rows[self._done :], self._engine.streams(self._split)
        pixels = images_of(self._split, rows, self._engine.device, is_streamed=is_streamed)
        for chosen, images in zip(rows, pixels, strict=True):
            with torch.no_grad():
                labels = self._split.labels[chosen].to(self._engine.device, non_blocking=True)
                self._measurement.add(self._normalizer(images), labels)
            self._done += 1
            monitor.step_done()

    def state(self) -> dict[str, Any]:
        """See `Stage.state`."""
        return {**self._layout(), "batches": self._done, "measurement": self._measurement.state()}

    def load(self, state: Mapping[str, Any]) -> None:
        """See `Stage.load`."""
        for name, value in self._layout().items():
            if state[name] != value:
                raise ValueError(f"its {name} is {state[name]}, not {value}")
        self._measurement.load(state["measurement"])
        self._done = int(state["batches"])

    def reached(self) -> Reached:
        """See `Stage.reached`."""
        return Reached(f"{self._done} of {self.steps} batches are done")

    def outcome(self) -> Outcome:
        """Returns the scores and arrays of the measurement; no weights."""
        found = self._measurement.scores()
        return Outcome(found.numbers, arrays=found.arrays)

    def record(self) -> dict[str, Any]:
        """See `Stage.record`."""
        return self._record

    def _layout(self) -> dict[str, int]:
        """Returns the properties that a state and the pass that loads it must have in common."""
        return {"batch_size": self._engine.evaluation_batch, "samples": len(self._split)}
