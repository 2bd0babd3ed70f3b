"""What a worker is told: which run to make, under which rules, by whose lease."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any, Self

from Arch.config.config import Config


class Exit(IntEnum):
    """The exit codes by which a worker tells what became of its run; every other one is a crash."""

    COMMITTED = 0
    FAILED = 10
    STOPPED = 11
    LOST = 12


@dataclass(frozen=True)
class Order:
    """One run to be made by a worker.

    Attributes:
        cache: the folder of the cache.
        rules: the rules file under which the experiment was named.
        data: the root of the datasets.
        fingerprint: the experiment, whose entry was opened.
        run: the run's index.
        token: of the lease on it.
        options: the config's options; an entry does not keep them.
        device: as `--device` takes it.
    """

    cache: str
    rules: str
    data: str
    fingerprint: str
    run: int
    token: Mapping[str, Any]
    options: Mapping[str, Any]
    device: str

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> Self:
        """The order that a JSON text holds."""
        return cls(**json.loads(text))


def options_of(config: Config) -> dict[str, Any]:
    """A config's options, which mean the same from every folder."""
    return {key: _absolute(config, key, value) for key, value in config.options.items()}


def _absolute(config: Config, key: str, value: Any) -> Any:
    kind = config.rules.keys[key].schema.type
    if value and kind == "path":
        return str(config.resolve_path(value).absolute())
    return [str(config.resolve_path(each).absolute()) for each in value] if kind == "paths" else value
