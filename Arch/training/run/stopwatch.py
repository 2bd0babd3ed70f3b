"""Measures time over several sessions of a run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import torch


class Watch(Protocol):
    """Measures seconds."""

    def start(self) -> None:
        """Starts to measure."""

    @property
    def seconds(self) -> float:
        """The seconds so far, those of earlier sessions included."""


class Stopwatch:
    """Seconds on a clock of the host: wall time by default."""

    def __init__(self, before: float = 0.0, clock: Callable[[], float] = time.perf_counter) -> None:
        """Takes the seconds of earlier sessions and a clock; it does not run until it is started."""
        self._before, self._clock = before, clock
        self._since: float | None = None

    def start(self) -> None:
        """Starts to measure."""
        self._since = self._clock()

    @property
    def seconds(self) -> float:
        """The seconds so far, those of earlier sessions included."""
        return self._before + (0.0 if self._since is None else self._clock() - self._since)


class CudaStopwatch:
    """Seconds between CUDA events; reading them synchronises with the GPU."""

    def __init__(self, before: float, device: torch.device) -> None:
        """Takes the seconds of earlier sessions and the GPU."""
        self._before, self._device = before, device
        self._begin: Any = None

    def start(self) -> None:
        """Starts to measure once the GPU has done the work that is queued before."""
        self._begin = self._mark()

    @property
    def seconds(self) -> float:
        """The seconds so far, those of earlier sessions included."""
        if self._begin is None:
            return self._before
        end = self._mark()
        end.synchronize()
        milliseconds: float = self._begin.elapsed_time(end)
        return self._before + milliseconds / 1000

    def _mark(self) -> Any:
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]  # torch leaves it untyped
        event.record(torch.cuda.current_stream(self._device))
        return event


def device_watch(device: torch.device, before: float) -> Watch:
    """Returns a watch for the computing time of a device: on a CPU the time of this process, all threads."""
    return CudaStopwatch(before, device) if device.type == "cuda" else Stopwatch(before, time.process_time)
