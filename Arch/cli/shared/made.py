"""What became of the missing runs of a plan."""

from __future__ import annotations

from dataclasses import dataclass

from Arch.sweep.in_process import FailedStep


@dataclass(frozen=True)
class Made:
    """What became of the missing runs of a plan.

    Attributes:
        failures: the experiments that could not be finished.
        code: the exit code of a program that a signal stopped; else 0.
        is_interrupted: whether a second signal, or a plugin's KeyboardInterrupt, ended it at once.
    """

    failures: tuple[FailedStep, ...] = ()
    code: int = 0
    is_interrupted: bool = False
