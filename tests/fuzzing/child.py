"""Runs one command in a process of its own, under limits, and describes what came of it."""

from __future__ import annotations

import atexit
import faulthandler
import gc
import importlib
import io
import json
import os
import resource
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, NoReturn

from tests.fuzzing.command import HOME, INPUT, Outcome
from tests.fuzzing.watching import Watch
from tests.repository import ROOT

_GIGABYTE = 1 << 30
MEMORY = {False: 4 * _GIGABYTE, True: 16 * _GIGABYTE}
"""The most bytes of addresses that a process may have, without torch and with it."""

_FILE_SIZE = _GIGABYTE
_INSTALLED = (str(ROOT / "Arch"), sys.prefix, sys.base_prefix)


def become(order: dict[str, Any], answers: int) -> NoReturn:
    """Runs the command of an order and writes its outcome to the descriptor `answers`.

    Args:
        order: `words`, `program`, `folder` (the sandbox), `streams` (paths), `writes`, `reads_canary`, `setup`,
            `uses_torch` and `seconds`.
        answers: the end of a pipe, which is closed at the end of the process.
    """
    os.setsid()
    known = set(sys.modules)
    _redirect(*order["streams"])
    faulthandler.dump_traceback_later(order["seconds"], file=os.fdopen(os.dup(2), "w"))
    _settle(order)
    watch = Watch(Path(order["folder"]), tuple(order["writes"]), reads_canary=order["reads_canary"])
    code, raised = _run(order, watch)
    watch.stop()
    outcome = Outcome(code, raised=raised, events=tuple(watch.events), modules=tuple(_imported(known)))
    _leave(json.dumps(outcome.document()).encode(), answers)


def _redirect(out: str, err: str) -> None:
    writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for number, (path, flags) in enumerate(((os.devnull, os.O_RDONLY), (out, writing), (err, writing))):
        os.dup2(os.open(path, flags, 0o600), number)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.BufferedWriter(io.FileIO(each, "w", closefd=False)), encoding="utf-8", line_buffering=True)
        for each in (1, 2)
    )


def _settle(order: dict[str, Any]) -> None:
    """Sets limits, working directory, environment and arguments."""
    folder = Path(order["folder"])
    os.chdir(folder / INPUT)
    os.environ.update(HOME=str(folder / HOME), TMPDIR=str(folder / HOME / "tmp"), XDG_CACHE_HOME=str(folder / HOME))
    sys.argv = ["main.py" if order["program"] == "main" else "Plotfigs.py", *order["words"]]
    # No power fails here, and syncing the disk of all processes takes seconds.
    os.sync, os.fsync = (lambda: None), (lambda _: None)
    memory = MEMORY[order["uses_torch"]]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_SIZE, _FILE_SIZE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _run(order: dict[str, Any], watch: Watch) -> tuple[int, str]:
    try:
        if order["setup"]:
            module, name = order["setup"].split(":")
            getattr(importlib.import_module(module), name)(Path(order["folder"]))
        program = importlib.import_module(f"Arch.cli.{order['program']}").program
        watch.start()
        return int(program()), ""
    except SystemExit as end:
        return (end.code if isinstance(end.code, int) else int(end.code is not None)), ""
    except BaseException as error:  # noqa: BLE001  # whatever leaves the program is a finding
        return 1, _described(error)


def _described(error: BaseException) -> str:
    """Returns the type and message of an exception, and the innermost places of the project."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [each for each in frames if each.filename.startswith(str(ROOT / "Arch"))][-2:]
    last = [each for each in frames[-1:] if each not in ours]
    places = [f"{each.filename.removeprefix(f'{ROOT}/')}:{each.lineno} in {each.name}" for each in (*ours, *last)]
    words = repr(str(error))  # escaped: it may have any characters
    return f"{type(error).__name__}: {words[1:-1][:200]} ({' > '.join(places)})"


def _imported(known: set[str]) -> list[str]:
    """Returns the modules imported since, of this project and installed ones; not plugins."""
    new = [name for name in sys.modules if name not in known]
    return [name for name in new if str(getattr(sys.modules[name], "__file__", "") or "").startswith(_INSTALLED)]


def _leave(document: bytes, answers: int) -> NoReturn:
    """Ends this process with its exit handlers, but without the time of tearing down the libraries."""
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    gc.disable()
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with os.fdopen(answers, "wb") as pipe:
        pipe.write(document)
        pipe.flush()
        os._exit(0)
