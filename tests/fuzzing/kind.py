"""A kind of inputs that the fuzzer mutates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.fuzzing.checks import Violation
from tests.fuzzing.command import Command, Outcome
from tests.fuzzing.sandbox import Sandbox

Run = Callable[[Command, Sandbox], Outcome]
"""Runs a command in a sandbox."""


Check = Callable[[Sandbox, Command, Outcome], list[Violation]]
"""Looks at what a command has left in a sandbox."""


def nothing_more(*_: object) -> list[Violation]:
    """Checks nothing."""
    return []


@dataclass(frozen=True)
class Trial:
    """A mutated input.

    Attributes:
        mutation: what was changed, in a few words.
        commands: what is run on it, in this order, in one sandbox.
        reads_canary: whether the user named the canary, so that it may be read.
        check: what is checked after each command beyond what holds for all.
    """

    mutation: str
    commands: tuple[Command, ...]
    reads_canary: bool = False
    check: Check = nothing_more


@dataclass(frozen=True)
class Kind:
    """A kind of inputs.

    Attributes:
        name: its name on the command line.
        count: how many inputs the large run tries.
        prepare: makes a sound input once, in the folder `in` of a sandbox; it may run the program.
        mutate: changes a copy of the sound input in a sandbox.
    """

    name: str
    count: int
    prepare: Callable[[Sandbox, Run], None]
    mutate: Callable[[Random, Sandbox], Trial]
