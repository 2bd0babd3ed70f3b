"""The state of a run between two steps, beside that of its stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class RunState:
    """Where a run stands.

    Attributes:
        stage: the index of the stage that is running.
        seconds: wall time of the run so far.
        device_seconds: time that the device has computed so far.
        sessions: where each part of the run was computed, from which step on; the last one is the present one.
    """

    stage: int = 0
    seconds: float = 0.0
    device_seconds: float = 0.0
    sessions: list[dict[str, Any]] = field(default_factory=list)

    def begin_session(self, where: Mapping[str, Any], step: int) -> tuple[str, ...]:
        """Records where the run is computed from `step` on; names what differs from the session before."""
        before = self.sessions[-1] if self.sessions else where
        unlike = tuple(key for key in where if where[key] != before.get(key))
        if unlike or not self.sessions:
            self.sessions.append({**where, "from_step": step})
        return unlike
