"""Settings of a process that makes runs; no fingerprint depends on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from Arch.callbacks import Requests, SilentWatcher, Watcher
from Arch.machine.command import given_command


@dataclass(frozen=True)
class Settings:
    """The choices of a trainer's caller.

    Attributes:
        device: "auto" (the first GPU, else the CPU), "cpu", "cuda" or "cuda:N".
        data: the folder of datasets.
        watcher: is called at every step and epoch.
        requests: asks a run to stop or to write a checkpoint.
        accepts_unlike: whether a run may be made from other weights, or under other constants, than the experiment's
            earlier runs; it records the difference.
        command: the command that the user gave, which a run records.
    """

    device: str = "auto"
    data: Path = Path("data")
    watcher: Watcher = field(default_factory=SilentWatcher)
    requests: Requests = field(default_factory=Requests)
    accepts_unlike: bool = False
    command: str = field(default_factory=given_command)
