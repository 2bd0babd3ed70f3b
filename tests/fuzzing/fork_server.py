"""Runs each command in a process forked from one that has imported the libraries: a start costs milliseconds."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tests.fuzzing.child import become
from tests.fuzzing.command import Command, Outcome
from tests.repository import ROOT

SECONDS = 10.0
"""The longest that a command may take."""

PATIENCE = 60.0
"""How long a command may take that is not timed: the first one of a process imports the libraries."""

_GRACE = 1.0  # beyond the limit, to write where a command hangs
_MOST_TEXT = 4 << 20
_LIBRARIES = {False: ("Arch.cli.main", "Arch.cli.plotfigs"), True: ("torch", "torchvision", "Arch.cli.main")}


class ForkServer:
    """A process that runs commands one after another, each in a fork of itself; it is started at first use."""

    def __init__(self, folder: Path, *, has_torch: bool) -> None:
        """Takes a folder for streams and caches of libraries."""
        self._folder, self._has_torch = folder, has_torch
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, command: Command, sandbox: Path, *, reads_canary: bool = False, seconds: float = SECONDS) -> Outcome:
        """Runs a command in a sandbox; stops it after `seconds`."""
        streams = [str(self._folder / name) for name in ("out", "err")]
        order = {**asdict(command), "folder": str(sandbox), "streams": streams, "seconds": seconds}
        answer = self._ask({**order, "reads_canary": reads_canary, "uses_torch": self._has_torch})
        out, err = (_text(Path(stream)) for stream in streams)
        outcome = replace(Outcome.of(answer), out=out, err=err)
        return replace(outcome, raised=_stack(err)) if outcome.is_hung else outcome

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        process = self._started()
        process.stdin.write(json.dumps(order).encode() + b"\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server of forks ended with the code {process.wait()}")
        return json.loads(line)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            words = [sys.executable, "-m", "tests.fuzzing.fork_server", *_LIBRARIES[self._has_torch]]
            fixed = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1"}
            fixed |= {"MPLCONFIGDIR": str(self._folder / "matplotlib"), "PYTHONPATH": str(ROOT), "no_proxy": "*"}
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            environment = {**os.environ, **fixed, "PYTHONWARNINGS": "ignore"}
            self._process = subprocess.Popen(words, cwd=ROOT, env=environment, start_new_session=True, **pipes)
        return self._process

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()
            self._process = None


def serve(libraries: list[str]) -> None:
    """Forks a process for each line of standard input and prints its outcome as a line of JSON."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _import(libraries)
    for line in iter(requests.readline, b""):
        outcome = _forked(json.loads(line))
        _import(outcome.pop("modules", ()))
        answers.write(json.dumps(outcome).encode() + b"\n")
        answers.flush()


def _import(names: list[str]) -> None:
    """Imports modules, so that no later fork has to."""
    fresh = [name for name in names if name not in sys.modules]
    for name in fresh:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if fresh:
        gc.collect()
        gc.freeze()  # a garbage collection in a fork would copy the pages of all objects


def _forked(order: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        become(order, writing)
    os.close(writing)
    document, is_hung = _received(reading, start + order["seconds"] + _GRACE)
    os.close(reading)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)  # also what it has started
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    seconds = time.monotonic() - start
    if is_hung or not document:
        return Outcome(code, seconds=seconds, is_hung=is_hung).document()
    return {**json.loads(document), "seconds": seconds, "is_hung": seconds > order["seconds"]}


def _received(descriptor: int, until: float) -> tuple[bytes, bool]:
    """Reads until the end of a pipe; returns what came, and whether it took too long."""
    parts = []
    while select.select([descriptor], [], [], max(until - time.monotonic(), 0))[0]:
        part = os.read(descriptor, 1 << 16)
        if not part:
            return b"".join(parts), False
        parts.append(part)
    return b"", True


def _text(stream: Path) -> str:
    """Returns the beginning of what was written; bytes that are no UTF-8 as lone surrogates."""
    try:
        with stream.open("rb") as file:
            return file.read(_MOST_TEXT).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""


def _stack(err: str) -> str:
    """Returns the innermost places where a command hangs, from what faulthandler wrote; the main thread is its last."""
    lines = [line.strip() for line in err.rpartition("(most recent call first):")[2].splitlines()]
    places = [line.replace(f"{ROOT}/", "") for line in lines if line.startswith("File")]
    ours = [line for line in places if '"Arch/' in line]
    return "hangs at " + " < ".join([*places[:1], *[line for line in ours[:2] if line not in places[:1]]])


if __name__ == "__main__":
    serve(sys.argv[1:])
