"""The first signal requests a checkpoint and a stop; the second one ends the process."""

import os
import signal

import pytest

from Arch.cli.console.signals import Signals


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


def test_user_signals_request_checkpoints_and_stop_nothing(signals, asked):
    with signals:
        give(signal.SIGUSR1, signal.SIGUSR2)
    assert (asked, signals.code) == (["checkpoint", "checkpoint"], 0)


def test_the_earlier_handlers_are_restored(signals):
    with signals:
        pass
    with pytest.raises(KeyboardInterrupt):
        give(signal.SIGINT)


def test_an_ignored_signal_stays_ignored(signals, asked):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with signals:
        give(signal.SIGINT)
    assert asked == []
