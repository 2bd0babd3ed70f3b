"""The state of a run between two steps, apart from that of its stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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
