"""The input of a worker: the run to make, the rules file and the lease."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import Any, Self

from Arch.config.config import Config


class Exit(IntEnum):
    """The exit codes by which a worker reports the outcome of its run; every other code is a crash."""

    COMMITTED = 0
    FAILED = 10
    STOPPED = 11
    LOST = 12


@dataclass(frozen=True)
class Order:
    """One run to be made by a worker.

    Attributes:
        cache: the folder of the cache.
        rules: the rules file that the fingerprint was computed with.
        data: the root of the datasets.
        fingerprint: the experiment, whose cache entry exists.
        run: the run's index.
        token: the token of the lease of the run.
        options: the config's options, which an entry does not store.
        device: the worker's `--device`.
        accepts_unlike: see `Worker`.
        command: the command that the user gave.
        plugins: the plugins that the config or its references name, with the SHA-256 of each: other code must not run.
    """

    cache: str
    rules: str
    data: str
    fingerprint: str
    run: int
    token: Mapping[str, Any]
    options: Mapping[str, Any]
    device: str
    accepts_unlike: bool = False
    command: str = ""
    plugins: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """Returns the order as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> Self:
        """Parses an order from JSON."""
        return cls(**json.loads(text))


def options_of(config: Config) -> dict[str, Any]:
    """Returns a config's options with absolute paths, so that they do not depend on the working directory."""
    return {key: _absolute(config, key, value) for key, value in config.options.items()}


def plugins_of(config: Config) -> dict[str, str]:
    """Returns the plugins that may run for a config, with the SHA-256 of each."""
    return {path: each.code.sha256 for path, each in config.plugins.items() if each.is_named}


def _absolute(config: Config, key: str, value: Any) -> Any:
    kind = config.rules.keys[key].schema.type
    if value and kind == "path":
        return str(config.resolve_path(value).absolute())
    return [str(config.resolve_path(each).absolute()) for each in value] if kind == "paths" else value
