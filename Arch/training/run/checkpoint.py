"""A run between two steps as bytes and back; no code runs when they are read."""

from __future__ import annotations

import dataclasses
import io
import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from Arch.errors import TrainingError
from Arch.faults import is_out_of_memory
from Arch.training.data_identity import require_same_data
from Arch.training.streams import generator_states, set_generators
from Arch.types import Epoch

if TYPE_CHECKING:
    from Arch.training.fit.fit import Fit
    from Arch.training.fit.running_means import RunningMeans

FORMAT = 1
_UNFIT = (AttributeError, EOFError, IndexError, KeyError, RuntimeError, TypeError, ValueError, pickle.UnpicklingError)


class UnfitCheckpointError(TrainingError):
    """A checkpoint is none of this run as the code makes it now."""


@dataclass
class RunState:
    """Where a run stands between two steps, beside its learner, its best epoch and the random generators.

    Attributes:
        means: of the epoch under way.
        epochs: that are done.
        epoch_seconds: spent on the epoch under way.
        seconds: wall time of the run so far.
        device_seconds: that the device computed so far.
        sessions: where each part of the run was computed, from which step on; the last one is now.
    """

    means: RunningMeans
    epochs: list[Epoch] = field(default_factory=list)
    epoch_seconds: float = 0.0
    seconds: float = 0.0
    device_seconds: float = 0.0
    sessions: list[dict[str, Any]] = field(default_factory=list)

    def begin_session(self, where: Mapping[str, Any], step: int) -> tuple[str, ...]:
        """Notes where the run is computed from a step on, and names what of it is not as in the session before."""
        before = self.sessions[-1] if self.sessions else where
        unlike = tuple(key for key in where if where[key] != before.get(key))
        if unlike or not self.sessions:
            self.sessions.append({**where, "from_step": step})
        return unlike


def pack(training: Fit, run_state: RunState) -> bytes:
    """The state of a run between two steps; waits for the device."""
    state = {
        **_making(training),
        "data_digest": training.dataset.digest,
        "learner": training.learner.state(),
        "best": training.best.state(),
        "generators": generator_states(training.trainer.engine.device),
        "tally": run_state.means.state(),
        "epochs": [dataclasses.asdict(epoch) for epoch in run_state.epochs],
        "times": {name: getattr(run_state, name) for name in ("epoch_seconds", "seconds", "device_seconds")},
        "sessions": run_state.sessions,
    }
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def unpack(training: Fit, payload: bytes) -> RunState:
    """Puts a fresh training, and the global generators, where a packed one was.

    Args:
        training: as prepared; after an error it is half of both and of no use.
        payload: what `pack` gave, here or elsewhere.

    Raises:
        DataError: the data under the same name were others.
        UnfitCheckpointError: it was made by other code or for another network, or cannot be read.
        RuntimeError: the device lacks memory or fails; the checkpoint may be good.
    """
    with _unfit_named():
        state = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
        _require_same_making(state, training)
    digest, run = {"data_digest": state["data_digest"]}, training.streams.run
    require_same_data(training.dataset, (digest,), f"run {run} of this experiment, which was begun earlier")
    with _unfit_named():
        return _take_over(state, training)


def _take_over(state: Mapping[str, Any], training: Fit) -> RunState:
    means, epochs = training.learner.means(), [Epoch(**epoch) for epoch in state["epochs"]]
    means.load(state["tally"])
    training.learner.load(state["learner"])
    best = state["best"]
    device = training.trainer.engine.device
    training.best.load({**best, "weights": {key: each.to(device) for key, each in best["weights"].items()}}, epochs)
    _require_one_place(training, epochs, means)
    run_state = RunState(means, epochs, **state["times"], sessions=state["sessions"])
    set_generators(state["generators"], device)  # last: whatever fails before leaves them where they were
    return run_state


def _making(training: Fit) -> dict[str, Any]:
    """What a checkpoint has to agree in with the run that goes on from it."""
    return {
        "format": FORMAT,
        "versions": dict(training.trainer.config.versions),
        "optimizer": type(training.learner.optimizer).__name__,
        "steps_per_epoch": training.batches.steps,
    }


def _require_same_making(state: Mapping[str, Any], training: Fit) -> None:
    for name, value in _making(training).items():
        if state[name] != value:
            raise ValueError(f"its {name} are not what they are now" if name == "versions" else f"another {name}")


def _require_one_place(training: Fit, epochs: Sequence[Epoch], means: RunningMeans) -> None:
    steps = len(epochs) * training.batches.steps + means.batches
    if steps != training.learner.steps_done:
        raise ValueError(f"it has {training.learner.steps_done} steps, and {steps} by its epochs")


@contextmanager
def _unfit_named() -> Iterator[None]:
    """Turns what a checkpoint that does not fit raises into one error; what the machine lacks is no fault of it."""
    try:
        yield
    except _UNFIT as error:
        if is_out_of_memory(error) or "CUDA error" in str(error):
            raise
        line = (str(error).splitlines() or [""])[0]
        raise UnfitCheckpointError(f"{type(error).__name__}: {line}") from error
