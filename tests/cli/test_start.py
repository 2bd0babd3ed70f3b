"""Ctrl-C at any moment of a program's start and end; `sitecustomize` sends it at the import of a given module."""

import os
import signal
import subprocess
import sys

import pytest

from tests.repository import ROOT

AT_IMPORT = """
import importlib.abc, os, signal, sys

class Interrupt(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {name!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
"""
AT_EXIT = "import atexit, os, signal; atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))"


@pytest.fixture
def start(tmp_path):
    """Starts a program with a `sitecustomize` of the given code."""

    def start(code, *words, script="main.py", handler=signal.SIG_DFL):
        (tmp_path / "sitecustomize.py").write_text(code)
        return subprocess.run(
            [sys.executable, str(ROOT / "Scripts" / script), *words, "--cache", str(tmp_path / "cache")],
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            preexec_fn=lambda: signal.signal(signal.SIGINT, handler),  # a suite in the background ignores it
        )

    return start


@pytest.mark.parametrize("name", ["argparse", "Arch.cli.main", "Arch.cli.verbs.status", "Arch.planning.workspace"])
def test_ctrl_c_during_imports_ends_quietly(name, start):
    done = start(AT_IMPORT.format(name=name), "status")
    assert (done.returncode, done.stdout) == (130, "")
    assert "Traceback" not in done.stderr


def test_ctrl_c_during_the_imports_of_figures_ends_quietly(start):
    done = start(AT_IMPORT.format(name="Arch.figures"), script="Plotfigs.py")
    assert (done.returncode, "Traceback" in done.stderr) == (130, False)


def test_ctrl_c_while_the_interpreter_exits_keeps_the_exit_code(start):
    done = start(AT_EXIT, "status")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_ignored_ctrl_c_stays_ignored(start):
    done = start(AT_IMPORT.format(name="Arch.cli.main"), "status", handler=signal.SIG_IGN)
    assert (done.returncode, done.stdout) == (0, "no experiments\n")
