"""Fails or kills at a chosen file-system call."""

import os
import signal

import pytest

from Arch.files import system_calls


@pytest.fixture
def break_at(monkeypatch):
    """Makes the n-th write fail (or, with code 0, kills the process); returns the list of writes, filled later."""

    def arm(number, code=0, when=lambda function: True):
        taken = []

        def step(verb, path, function, *arguments):
            if verb == "write" and when(function):
                taken.append(function)
                if len(taken) == number:
                    if not code:
                        os.kill(os.getpid(), signal.SIGKILL)
                    raise OSError(code, os.strerror(code))
            return function(*arguments)

        monkeypatch.setattr(system_calls, "_step", step)
        return taken

    yield arm
    monkeypatch.undo()


@pytest.fixture
def kill_at(break_at):
    """Runs an action in a child that is killed before its n-th write; returns whether it came that far."""

    def run(number, action):
        pid = os.fork()
        if pid == 0:
            break_at(number)
            action()
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL

    return run
