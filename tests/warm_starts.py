"""Starts programs as a user does, but forked from a process that has imported torch: a start costs a tenth as much.

Only libraries are imported in advance, nothing of this project. Each program has its own arguments, streams, working
directory, environment and exit code.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import NoReturn

from tests.repository import ROOT

LIBRARIES = ("torch", "torch._dynamo", "torch.fx", "torchvision", "scipy.special", "sklearn.datasets")
SECONDS = 300


class WarmStarts:
    """A process that starts programs one after another; it is started at first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        self._count = 0

    def run(self, script: Path, arguments: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
        """Runs a program and returns it as `subprocess.run` does."""
        self._count += 1
        streams = [self._folder / f"{self._count}.{name}" for name in ("out", "err")]
        command = [str(script), *arguments]
        place = {"cwd": str(cwd), "environment": dict(os.environ)}
        code = self._ask({"command": command, "streams": list(map(str, streams)), **place})
        return subprocess.CompletedProcess(command, code, *(stream.read_text() for stream in streams))

    def _ask(self, ordered) -> int:
        if self._server is None:
            command = [sys.executable, "-c", "from tests.warm_starts import serve; serve()"]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            self._server = subprocess.Popen(command, cwd=ROOT, start_new_session=True, **pipes)
        requests, answers = self._server.stdin, self._server.stdout
        requests.write(json.dumps(ordered).encode() + b"\n")
        requests.flush()
        if not select.select([answers], [], [], SECONDS)[0]:
            self.close()
            raise subprocess.TimeoutExpired(ordered["command"], SECONDS)
        return int(answers.readline())

    def close(self) -> None:
        """Kills the process, and a program that still runs."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.communicate()
            self._server = None


def serve() -> None:
    """Forks a child for each line of standard input and prints its exit code."""
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    for name in LIBRARIES:
        importlib.import_module(name)
    gc.freeze()  # a garbage collection in a child would copy the pages of all library objects
    for line in iter(requests.readline, ""):
        pid = os.fork()
        if pid == 0:
            become(**json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), file=answers, flush=True)


def become(command: list[str], cwd: str, environment: dict[str, str], streams: list[str]) -> NoReturn:
    """Runs a script as a new interpreter would, but without tearing down the libraries at the end."""
    redirect(*streams)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = command
    sys.path[0] = str(Path(command[0]).parent)
    code = 1
    try:
        runpy.run_path(command[0], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        leave(code)


def redirect(out: str, err: str) -> None:
    """Replaces the standard streams by files, and closes every other file."""
    writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for number, (path, flags) in enumerate(((os.devnull, os.O_RDONLY), (out, writing), (err, writing))):
        os.dup2(os.open(path, flags, 0o666), number)
    os.closerange(3, 256)


def leave(code: int) -> NoReturn:
    """Ends this process with its exit handlers, but without the two seconds of tearing down the libraries."""
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)
