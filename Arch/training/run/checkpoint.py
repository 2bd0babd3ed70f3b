"""Serialises the state of a run; reading it executes no code."""

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
_UNFIT = (AttributeError, EOFError, IndexError, KeyError, RuntimeError, TypeError, ValueError, pickle.UnpicklingError)


class InvalidCheckpointError(TrainingError):
    """A checkpoint cannot be read, or does not fit the run that the current code and config prepare."""


def pack(state: Mapping[str, Any]) -> bytes:
    """Serialises a mapping of plain values and tensors; synchronises with the device."""
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **state}, buffer)
    return buffer.getvalue()


def unpack(payload: bytes) -> Mapping[str, Any]:
    """Returns the mapping that `pack` serialised, with tensors on the CPU; format 1 is translated.

    Raises:
        InvalidCheckpointError: the bytes are damaged, or of an unknown format.
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
    """Turns the errors of a checkpoint that does not fit into InvalidCheckpointError; not those of a device."""
    try:
        yield
    except _UNFIT as error:
        if is_out_of_memory(error) or "CUDA error" in str(error):
            raise
        line = (str(error).splitlines() or [""])[0]
        raise InvalidCheckpointError(f"{type(error).__name__}: {line}") from error


def _from_format_1(state: Mapping[str, Any]) -> dict[str, Any]:
    """Translates a checkpoint of format 1, which had no stages: its run is a single fit."""
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
