"""How to train here and now; nothing in it is part of an experiment's name."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from Arch.callbacks import Requests, SilentWatcher, Watcher


@dataclass(frozen=True)
class Settings:
    """What the caller of a trainer decides.

    Attributes:
        device: "auto" (the first GPU, else the CPU), "cpu", "cuda" or "cuda:N".
        data: the folder that datasets are kept in.
        watcher: hears of the training as it goes on.
        requests: what is asked of the training as it goes on.
    """

    device: str = "auto"
    data: Path = Path("data")
    watcher: Watcher = field(default_factory=SilentWatcher)
    requests: Requests = field(default_factory=Requests)
