"""Serialises and reads the state of a run; reading executes no code from the file (`weights_only`)."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from Arch.errors import TrainingError
from Arch.faults import is_out_of_memory

FORMAT = 2
_UNFIT = (
    AttributeError,
    EOFError,
    LookupError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
)


class InvalidCheckpointError(TrainingError):
    """A checkpoint cannot be read, or was written by other code or for other stages than the run to be resumed."""


def pack(state: Mapping[str, Any]) -> bytes:
    """Serialises plain values and tensors, with the format number; synchronises with the device."""
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **state}, buffer)
    return buffer.getvalue()


def unpack(payload: bytes) -> Mapping[str, Any]:
    """Reads what `pack` serialised, with tensors on the CPU; a checkpoint of format 1 is converted to format 2.

    The result has the additional member `format`, unless it was converted.

    Raises:
        InvalidCheckpointError: the bytes are damaged, or their format is unknown.
    """
    with invalid_checkpoint_errors():
        state = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
        if state["format"] == 1:
            return _from_format_1(state)
        if state["format"] != FORMAT:
            raise ValueError(f"its format is {state['format']}, not {FORMAT}")
        found: Mapping[str, Any] = state
        return found


@contextmanager
def invalid_checkpoint_errors() -> Iterator[None]:
    """Converts the errors that an unsuitable checkpoint causes to InvalidCheckpointError.

    CUDA errors and out-of-memory errors are raised unchanged, since the checkpoint may be intact.
    """
    try:
        yield
    except _UNFIT as error:
        if is_out_of_memory(error) or "CUDA error" in str(error):
            raise
        line = (str(error).splitlines() or [""])[0]
        raise InvalidCheckpointError(f"{type(error).__name__}: {line}") from error


def _from_format_1(state: Mapping[str, Any]) -> dict[str, Any]:
    """Converts a checkpoint of format 1, which had no stages, to format 2: its run is a single training stage."""
    times = state["times"]
    fit = {
        **{name: state[name] for name in ("optimizer", "steps_per_epoch", "learner", "best", "epochs")},
        "means": state["tally"],
        "epoch_seconds": times["epoch_seconds"],
    }
    return {
        **{name: state[name] for name in ("versions", "data_digest", "generators", "sessions")},
        "stage": 0,
        "stages": [fit],
        "times": {name: times[name] for name in ("seconds", "device_seconds")},
    }
