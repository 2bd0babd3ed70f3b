"""Determines the runs of other experiments that a run is made from.

A reference key `X` names an experiment. The keys `XRun` and `XWeights`, where the rules have them, choose among its
runs and the weights of that run; without them it is the last weights of run 0.
"""

from __future__ import annotations

from collections.abc import Iterator

from Arch.config.config import Config

SAME_RUN = -1  # as the value of `XRun`: run i is made from run i


def referred_run(config: Config, key: str, run: int) -> int:
    """Returns which run of the experiment under a reference `key` a `run` of the config is made from."""
    chosen = config[f"{key}Run"] if f"{key}Run" in config.active else 0
    return run if chosen == SAME_RUN else int(chosen)


def runs_behind(config: Config, run: int) -> Iterator[tuple[Config, int]]:
    """Yields the experiments that a run of a config is made from, each with the run; foreign networks have none."""
    for key, reference in config.references.items():
        if isinstance(reference, Config):
            yield reference, referred_run(config, key, run)
