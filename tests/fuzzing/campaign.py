"""Tries mutated inputs one after another and collects the violations."""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from tests.fuzzing.checks import Violation, violations
from tests.fuzzing.command import Command, Outcome
from tests.fuzzing.fork_server import PATIENCE, SECONDS, ForkServer
from tests.fuzzing.kind import Kind, Trial
from tests.fuzzing.sandbox import Sandbox


@dataclass(frozen=True)
class Finding:
    """A violation, and how to repeat it.

    Attributes:
        kind: the name of the kind of inputs.
        seed: the seed of the campaign.
        number: the number of the input.
        mutation: what was changed.
        command: the command as a user types it.
        violation: the property that its answer does not have.
    """

    kind: str
    seed: int
    number: int
    mutation: str
    command: str
    violation: Violation

    @property
    def fault(self) -> tuple[str, str, str]:
        """Equal for findings that show the same fault."""
        return (self.kind, self.violation.kind, self.violation.details)


@dataclass
class Tally:
    """What a campaign has tried and found."""

    inputs: int = 0
    commands: int = 0
    refused: int = 0
    slowest: float = 0.0
    findings: list[Finding] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Adds what another one has tried."""
        self.inputs, self.commands = self.inputs + other.inputs, self.commands + other.commands
        self.refused, self.slowest = self.refused + other.refused, max(self.slowest, other.slowest)
        self.findings += other.findings


class Campaign:
    """The inputs of one kind under one seed; input N is the same whatever was tried before."""

    def __init__(self, kind: Kind, seed: int, folder: Path) -> None:
        """Takes a folder for the sandboxes; makes nothing yet."""
        self._kind, self._seed, self._folder = kind, seed, folder
        self._sound, self._sandbox = Sandbox(folder / "sound"), Sandbox(folder / "input")
        self._repeated = Sandbox(folder / "plain")  # a name as long as `input`: messages are laid out alike
        self._servers = {each: ForkServer(folder / f"torch-{each}", has_torch=each) for each in (False, True)}
        self._answers: dict[Command, Outcome] = {}

    def __enter__(self) -> Campaign:
        """Makes the sound input."""
        self._sound.renew()
        self._kind.prepare(self._sound, self._run)
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the processes."""
        for server in self._servers.values():
            server.close()

    def run(
        self, numbers: Iterable[int], until: float = float("inf"), tell: Callable[[list[Finding]], None] = bool
    ) -> Tally:
        """Tries inputs until a time of the monotonic clock; `tell` gets what is found at once."""
        tally = Tally()
        for number in numbers:
            if time.monotonic() >= until:
                break
            tally.inputs += 1
            for _, outcome, found in self.tried(number):
                tally.commands += 1
                tally.refused += outcome.code != 0
                tally.slowest = max(tally.slowest, outcome.seconds)
                tally.findings += found
                tell(found)
        return tally

    def tried(self, number: int) -> Iterable[tuple[Command, Outcome, list[Finding]]]:
        """Tries one input; yields each command with its outcome and what is wrong with it."""
        trial = self.mutated(number)
        for command in trial.commands:
            outcome = self._timed(trial, command)
            found = violations(self._expected(command, outcome), outcome, reads_canary=trial.reads_canary)
            found += trial.check(self._sandbox, command, outcome)
            found += [Violation("outside", each) for each in self._sandbox.harm()]
            yield command, outcome, [self._finding(number, trial, command, each) for each in found]
            if self._sandbox.harm():
                return  # what follows would show the same

    def _timed(self, trial: Trial, command: Command) -> Outcome:
        """Runs a command; what hangs is given more time, so that its libraries are imported, and tried once more."""
        run = partial(self._run, command, self._sandbox, reads_canary=trial.reads_canary)
        outcome = run(seconds=SECONDS)
        if outcome.is_hung and not run(seconds=PATIENCE).is_hung:
            outcome = run(seconds=SECONDS)
        return outcome

    def sound(self, number: int) -> Iterable[tuple[Command, Outcome, list[Violation]]]:
        """Gives the commands of an input the sound input instead."""
        for command in self.mutated(number).commands:
            relaxed = dataclasses.replace(command, must_fail=False)
            outcome = self._answer(command)
            yield command, outcome, violations(relaxed, outcome)

    def mutated(self, number: int) -> Trial:
        """Makes an input in the sandbox `input`."""
        self._lay(self._sandbox)
        trial = self._kind.mutate(Random(f"{self._seed}/{self._kind.name}/{number}"), self._sandbox)
        self._sandbox.remember()
        return trial

    def _lay(self, sandbox: Sandbox) -> None:
        sandbox.renew()
        shutil.copytree(self._sound.input, sandbox.input, copy_function=shutil.copyfile, dirs_exist_ok=True)

    def _expected(self, command: Command, outcome: Outcome) -> Command:
        """Drops the expectation of a failure if the answer is that to the sound input: the mutation had no effect."""
        if not command.must_fail or outcome.code != 0:
            return command
        if self._same(self._answer(command), outcome):
            return dataclasses.replace(command, must_fail=False)
        return command

    def _answer(self, command: Command) -> Outcome:
        if command not in self._answers:
            self._lay(self._repeated)
            self._answers[command] = self._run(command, self._repeated)
        return self._answers[command]

    def _same(self, one: Outcome, other: Outcome) -> bool:
        here, there = str(self._repeated.folder), str(self._sandbox.folder)
        return (one.code, one.out.replace(here, there)) == (other.code, other.out)

    def _run(
        self, command: Command, sandbox: Sandbox, *, reads_canary: bool = False, seconds: float = PATIENCE
    ) -> Outcome:
        server = self._servers[command.uses_torch]
        return server.run(command, sandbox.folder, reads_canary=reads_canary, seconds=seconds)

    def _finding(self, number: int, trial: Trial, command: Command, violation: Violation) -> Finding:
        return Finding(self._kind.name, self._seed, number, trial.mutation, str(command), violation)
