"""The state of a run as bytes; no code runs when they are read."""

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


class UnfitCheckpointError(TrainingError):
    """A checkpoint cannot be read, or belongs to a run that the present code makes otherwise."""


def pack(state: Mapping[str, Any]) -> bytes:
    """A mapping of plain values and tensors as bytes; waits for the device."""
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **state}, buffer)
    return buffer.getvalue()


def unpack(payload: bytes) -> Mapping[str, Any]:
    """The mapping that `pack` was given, its tensors on the CPU; bytes of format 1 are translated.

    Raises:
        UnfitCheckpointError: the bytes are damaged, or of an unknown format.
    """
    with unfit_named():
        state = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
        if state["format"] == 1:
            return _from_format_1(state)
        if state["format"] != FORMAT:
            raise ValueError("another format")
        found: Mapping[str, Any] = state
        return found


@contextmanager
def unfit_named() -> Iterator[None]:
    """Turns the errors of a checkpoint that does not fit into UnfitCheckpointError, but no lack of memory."""
    try:
        yield
    except _UNFIT as error:
        if is_out_of_memory(error) or "CUDA error" in str(error):
            raise
        line = (str(error).splitlines() or [""])[0]
        raise UnfitCheckpointError(f"{type(error).__name__}: {line}") from error


def _from_format_1(state: Mapping[str, Any]) -> dict[str, Any]:
    """A checkpoint from before runs had stages: a single fit."""
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
