"""The first signal requests a checkpoint and a stop; the second one ends the process."""

import ctypes
import errno
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from Arch.cli.console.signals import Signals, say
from tests.repository import ROOT


@pytest.fixture
def asked():
    return []


@pytest.fixture
def signals(asked):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield Signals(*(lambda word=word: asked.append(word) for word in ("stop", "kill", "checkpoint")))
    signal.signal(signal.SIGINT, before)


def give(*numbers):
    for number in numbers:
        os.kill(os.getpid(), number)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_requests_a_stop_and_the_second_kills(number, code, signals, asked, capfd):
    with signals:
        give(number)
        assert (asked, signals.code) == (["stop"], code)
        give(number)
    assert asked == ["stop", "kill"]
    assert "press Ctrl-C again to kill" in capfd.readouterr().err


def test_a_closed_terminal_requests_a_stop_and_sends_the_signal_again_without_effect(signals, asked):
    with signals:
        give(signal.SIGHUP, signal.SIGHUP)
        assert (asked, signals.code) == (["stop"], 129)
        give(signal.SIGINT)
    assert asked == ["stop", "kill"]


def test_a_signal_is_answered_while_the_main_thread_does_not_return_to_python(signals):
    told = []
    signals.tell = lambda line: told.append((time.monotonic(), line))
    code = "import os, signal, sys, time; time.sleep(0.2); os.kill(int(sys.argv[1]), signal.SIGTERM)"
    with signals, subprocess.Popen([sys.executable, "-c", code, str(os.getpid())]):
        for _ in range(2):  # the first one is interrupted by the signal
            ctypes.CDLL(None).usleep(700_000)  # no handler of Python can run before it returns
        end = time.monotonic()
    assert [line for _, line in told] == ["SIGTERM: checkpointing and stopping; press Ctrl-C again to kill"]
    assert told[0][0] <= end


def test_the_words_of_the_answer_are_those_of_the_program(signals, capfd):
    signals.words = lambda: "stopping; nothing has begun"
    with signals:
        give(signal.SIGINT)
    assert capfd.readouterr().err == "\nCtrl-C: stopping; nothing has begun\n"


def test_a_second_signal_ends_a_process_that_does_not_react():
    code = (
        "import os, signal, time\n"
        "from Arch.cli.console.signals import Signals\n"
        "with Signals(lambda: None, lambda: None, lambda: None, grace=0.2):\n"
        "    for _ in range(2): os.kill(os.getpid(), signal.SIGINT); time.sleep(0.1)\n"
        "    time.sleep(50)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, timeout=30, check=False)
    assert done.returncode == 130
    assert b"Ctrl-C: stopping at once" in done.stderr


def test_an_answer_to_a_closed_standard_error_is_dropped(monkeypatch):
    def refuse(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("Arch.machine.standard_streams.os.write", refuse)
    say("lost")


def test_user_signals_request_checkpoints_and_stop_nothing(signals, asked):
    with signals:
        give(signal.SIGUSR1, signal.SIGUSR2)
    assert (asked, signals.code) == (["checkpoint", "checkpoint"], 0)


def test_the_earlier_handlers_are_restored_and_the_thread_has_ended(signals):
    with signals:
        assert "signals" in {each.name for each in threading.enumerate()}
    assert "signals" not in {each.name for each in threading.enumerate()}
    with pytest.raises(KeyboardInterrupt):
        give(signal.SIGINT)


def test_an_ignored_signal_stays_ignored(signals, asked):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with signals:
        give(signal.SIGINT)
    assert asked == []
