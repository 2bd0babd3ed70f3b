"""A stand-in for a config, and a disk that counts its calls and fails on demand."""

import os
import random
import signal
import time
import traceback
from dataclasses import dataclass, field

import pytest

from Arch import files
from Arch.cache.claims import holder
from Arch.cache.store import Store
from Arch.files import system_calls
from Arch.types import Epoch, Run

FINGERPRINT = "0123456789abcdef" * 2


@dataclass(frozen=True)
class Request:
    """The part of a config that the cache needs, without rules."""

    active: dict = field(default_factory=lambda: {"Model": "resnet8", "Temperature": 4.0})
    fingerprint: str = FINGERPRINT
    defaults: dict = field(default_factory=dict)
    versions: dict = field(default_factory=dict)

    def default_of(self, key):
        return self.defaults[key]

    def document(self):
        parts = {"Active": self.active, "Defaults": self.defaults, "References": {}}
        return {"Fingerprint": self.fingerprint, "Title": "resnet8", **parts}


class Disk:
    """Records the calls that pass `Arch.files.system_calls`; `breaks` is called before each write, with its number."""

    def __init__(self, monkeypatch):
        self.steps, self.count = [], 0
        self.breaks = lambda number, function, arguments: None
        monkeypatch.setattr(system_calls, "_step", self._step)

    def _step(self, verb, path, function, *arguments):
        self.steps.append((verb, os.fspath(path), function))
        if verb == "write":
            self.count += 1
            self.breaks(self.count, function, arguments)
        # No test cuts the power, so a real fsync would only take time.
        return None if function is os.fsync else function(*arguments)

    @property
    def writes(self):
        return [step for step in self.steps if step[0] == "write"]

    def forget(self):
        """Resets the count and removes the faults."""
        self.steps, self.count = [], 0
        self.breaks = lambda number, function, arguments: None

    def delay(self):
        """Delays some writes by up to four milliseconds, so that processes meet in rare states."""
        self.breaks = lambda number, function, arguments: random.random() < 0.15 and time.sleep(random.random() * 4e-3)

    def kill_at(self, number):
        """Kills this process at the n-th write from now; an `os.write` is cut in the middle."""

        def breaks(now, function, arguments):
            if now == number:
                if function is os.write:
                    os.write(arguments[0], arguments[1][: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)

        self.forget()
        self.breaks = breaks

    def fail_at(self, number, code, *, forever=False, of=None):
        """Makes the n-th write from now fail, or all from there on, or all calls of one function from there on."""

        def breaks(now, function, arguments):
            if (now == number and of is None) or (now >= number and (forever or function is of)):
                raise OSError(code, os.strerror(code))

        self.forget()
        self.breaks = breaks


@pytest.fixture
def disk(monkeypatch):
    return Disk(monkeypatch)


@pytest.fixture
def config():
    return Request()


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


@pytest.fixture
def entry(store, config):
    """An entry that was opened and has no run."""
    entry = store.entry(config)
    entry.open(config)
    return entry


@pytest.fixture
def make_config():
    return Request


@pytest.fixture
def make_run():
    def make(index=0, accuracy=0.5, **changes):
        epoch = Epoch(1, {"loss": 1.25}, {"accuracy": accuracy}, {}, 0.1, 2.0)
        fields = {"seed": 7, "epochs": (epoch,), "scores": {"accuracy": accuracy}, "seconds": 3.5}
        return Run(index, **{**fields, "provenance": {"device": "cpu", "class_names": ["cat", "dog"]}, **changes})

    return make


@pytest.fixture
def commit(make_run):
    """Writes a run with weights as a trainer does, and returns whether the commit won."""

    def commit(entry, index=0, accuracy=0.5):
        with entry.write_run(index) as writer:
            files.write_synced(writer.folder / "Last.safetensors", b"weights of %d" % index)
            return writer.commit(make_run(index, accuracy))

    return commit


@pytest.fixture
def in_child():
    """Runs actions in forked processes and returns their exit codes, or minus the signals that ended them."""

    def start(action):
        pid = os.fork()
        if pid == 0:
            code = 99
            random.seed(os.getpid())
            try:
                code = int(action() or 0)
            except BaseException:
                traceback.print_exc()  # the exit code alone does not say why
                raise
            finally:
                os._exit(code)
        return pid

    def run(*actions):
        pids = [start(action) for action in actions]
        return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]

    return run


@pytest.fixture
def on_host(monkeypatch):
    """Simulates another host for the following calls: claims get another boot id."""

    def move(name, namespace="pid:[1]"):
        monkeypatch.setattr(holder, "_home", lambda pid: (f"boot of {name}", namespace))

    return move


@pytest.fixture
def names_below():
    """Lists all files and empty folders below a folder, relative to it."""

    def names(folder):
        found = (path for path in folder.rglob("*") if path.is_file() or not any(path.iterdir()))
        return {path.relative_to(folder).as_posix() for path in found}

    return names
