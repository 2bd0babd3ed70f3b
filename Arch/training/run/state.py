"""The state of a run between two steps, apart from that of its stages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from Arch.cache.fields import LARGEST_WHOLE, LONGEST_TIME
from Arch.types import Epoch

_SHOWN = 40  # characters of a wrong value


@dataclass
class RunState:
    """The progress of a run, its seconds so far, and the machines that computed it.

    Attributes:
        stage: the index of the stage that is running.
        seconds: wall time of the run so far.
        device_seconds: computing time of the device so far.
        begin: when the run began, in UTC; empty in a checkpoint of a version that did not record it.
        sessions: machine, device and code of each part of the run, with its first step; the last one is current.
    """

    stage: int = 0
    seconds: float = 0.0
    device_seconds: float = 0.0
    begin: str = ""
    sessions: list[dict[str, Any]] = field(default_factory=list)

    def begin_session(self, where: Mapping[str, Any], step: int) -> tuple[str, ...]:
        """Records machine, device and code from `step` on; returns the names of what differs from the last session."""
        before = self.sessions[-1] if self.sessions else where
        differences = tuple(key for key in where if where[key] != before.get(key))
        if differences or not self.sessions:
            self.sessions.append({**where, "from_step": step})
        return differences


def require_plain(value: Any, name: str) -> None:
    """Checks that a part of a checkpoint can be recorded as JSON: text and finite numbers, in lists and mappings.

    Raises:
        ValueError: it has something else.
    """
    if isinstance(value, Mapping):
        for key, each in value.items():
            require_plain(each, f"{name}, {key}")
    elif isinstance(value, (list, tuple)):
        for each in value:
            require_plain(each, name)
    elif (
        value is not None and not isinstance(value, str) and not (isinstance(value, (int, float)) and _is_small(value))
    ):
        raise ValueError(f"its {name} is {str(value)[:_SHOWN]}")


def epochs_in(records: Iterable[Mapping[str, Any]]) -> list[Epoch]:
    """Returns the epochs in a checkpoint; raises ValueError or TypeError if a metric is no finite number."""
    epochs = [Epoch(**record) for record in records]
    for epoch in epochs:
        for metrics in (epoch.train, epoch.test, epoch.validation):
            if not all(type(each) in (int, float) for each in dict(metrics).values()):
                raise ValueError(f"the metrics of an epoch are {str(metrics)[:_SHOWN]}")
            require_plain(metrics, "epochs")
    return epochs


def seconds_in(value: Any) -> float:
    """Returns a duration in a checkpoint; raises ValueError if it cannot be one."""
    if type(value) not in (int, float) or not 0 <= value <= LONGEST_TIME:
        raise ValueError(f"its time is {str(value)[:_SHOWN]}")
    return float(value)


def _is_small(value: float) -> bool:
    return math.isfinite(value) if isinstance(value, float) else abs(value) <= LARGEST_WHOLE
