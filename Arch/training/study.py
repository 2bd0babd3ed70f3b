"""The parts that all runs of an experiment share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from Arch.config.config import Config
from Arch.training.engine import Engine
from Arch.training.networks.given import GivenNetwork
from Arch.training.settings import Settings


@dataclass(frozen=True)
class Study:
    """An experiment, and device, settings and networks to compute it with.

    Attributes:
        config: the experiment.
        engine: the device and how it computes.
        settings: data folder and callbacks.
        networks: the networks that the experiment is made from, by config key.
    """

    config: Config
    engine: Engine
    settings: Settings
    networks: Mapping[str, GivenNetwork] = field(default_factory=dict)
