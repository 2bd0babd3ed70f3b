"""A command that the fuzzer gives to the program, what the command may touch, and what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

INPUT, CANARY, HOME = "in", "canary", "home"
"""The folders of a sandbox: the working directory, what must not be touched, and what stands for the user's home."""


@dataclass(frozen=True)
class Command:
    """A call of one of the two programs, in the folder `in` of a sandbox.

    Attributes:
        words: the arguments.
        program: the module below `Arch.cli` whose `program` is called: `main` or `plotfigs`.
        uses_torch: whether it is forked from the process that has imported torch.
        writes: patterns of the paths that it may create, change and remove, relative to the working directory.
        must_fail: whether the input is damaged, so that the exit code must not be 0, unless the answer is that to the
            sound input.
        shows: texts that standard output must have.
        setup: `module:function`, called in the process of the program before it starts.
    """

    words: tuple[str, ...]
    program: str = "main"
    uses_torch: bool = False
    writes: tuple[str, ...] = ()
    must_fail: bool = False
    shows: tuple[str, ...] = ()
    setup: str = ""

    def __str__(self) -> str:
        """Returns the command as a user types it."""
        name = "main.py" if self.program == "main" else "Plotfigs.py"
        return " ".join([name, *(word if len(word) <= 80 else f"{word[:60]}..." for word in self.words)])

    @property
    def verb(self) -> str:
        """The first word; `Plotfigs` for figures."""
        return self.words[0] if self.program == "main" else "Plotfigs"


@dataclass(frozen=True)
class Outcome:
    """What came of a command.

    Attributes:
        code: the exit code, negative for a signal.
        out: what it wrote to standard output.
        err: what it wrote to standard error.
        raised: the exception that left the program, with the place where it was raised; empty if there was none.
        events: what it did outside of the paths that it may touch.
        seconds: how long it ran.
        is_hung: whether it was stopped because it ran too long; then `raised` has the place where it was.
        modules: the modules that it imported.
    """

    code: int
    out: str = ""
    err: str = ""
    raised: str = ""
    events: tuple[str, ...] = ()
    seconds: float = 0.0
    is_hung: bool = False
    modules: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, document: dict[str, Any]) -> Outcome:
        """Returns the outcome in a JSON object."""
        lists = {name: tuple(document.get(name, ())) for name in ("events", "modules")}
        return cls(**{**document, **lists})

    def document(self) -> dict[str, Any]:
        """Returns the outcome as a JSON object."""
        return asdict(self)
