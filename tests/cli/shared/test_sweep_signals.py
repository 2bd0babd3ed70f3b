"""A sweep that is stopped, left or joined: signals, closed output, other sweeps. Workers are stubs without torch."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.cli.shared.sweeps import finished, is_running, states, wait_for


def test_ctrl_c_checkpoints_and_stops_and_the_same_command_resumes(place):
    place.write(3)
    process = place.sweep("--workers", 2, stub={"steps": 10**6})
    place.wait_for_starts(2)
    process.send_signal(signal.SIGINT)
    code, _, err = finished(process)
    assert code == 130
    assert "Ctrl-C: checkpointing and stopping; press Ctrl-C again to kill" in err
    assert "runs: 2 stopped, 1 not started" in err
    assert states(place) == ["stopped", "stopped"]
    assert finished(place.sweep(stub={"steps": 1}))[0] == 0
    assert len(place.starts()) == 5


@pytest.mark.slow
def test_ctrl_c_twice_kills_at_once_and_the_same_command_completes_it(place):
    place.write(2)
    process = place.sweep("--workers", 2, stub={"steps": 10**6, "ways": {"0": "ignores stop", "1": "ignores stop"}})
    place.wait_for_starts(2)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    code, _, _ = finished(process)
    assert code == 130
    assert not any(is_running(pid) for *_, pid in place.starts())
    assert states(place) == ["stopped", "stopped"]
    assert finished(place.sweep())[0] == 0


def test_a_sweep_continues_when_its_output_is_closed(place):
    place.write(3)
    process = place.sweep("--workers", 1, stub={"steps": 20})
    place.wait_for_starts(1)
    process.stdout.close()
    process.stderr.close()
    assert process.wait(60) == 0
    assert [entry.run_indices() for entry in place.entries()] == [(0,)] * 3


@pytest.mark.slow
def test_the_table_of_a_closed_terminal_does_not_end_a_sweep(place):
    place.write(3)
    terminal, inside = os.openpty()
    process = place.sweep("--workers", 1, stub={"steps": 20}, stderr=inside)
    os.close(inside)
    place.wait_for_starts(1)
    os.close(terminal)
    assert process.wait(60) == 0
    assert [entry.run_indices() for entry in place.entries()] == [(0,)] * 3


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_the_exit_code_tells_of_runs_and_not_of_a_full_disk_under_the_output(place):
    place.write(2)
    with Path("/dev/full").open("w") as full:
        process = place.sweep(stub={"ways": {"1": "error"}}, stdout=full)
        assert finished(process)[0] == 1
        process = place.start("retry", place.folder / "configs", stdout=full)
        code, _, err = finished(process)
    assert code == 0
    assert "error: standard output: no space left on device; all else was done." in err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_sigterm_and_a_closed_terminal_checkpoint_and_stop_too(number, code, place):
    place.write(1)
    process = place.sweep(stub={"steps": 10**6})
    place.wait_for_starts(1)
    process.send_signal(number)
    assert finished(process)[0] == code
    assert states(place) == ["stopped"]


def test_the_answer_to_ctrl_c_stays_on_the_terminal_above_the_table(place):
    place.write(1)
    terminal, inside = os.openpty()
    process = place.sweep(stub={"steps": 10**6, "ways": {"0": "ignores stop"}}, stderr=inside)
    os.close(inside)
    place.wait_for_starts(1)
    time.sleep(0.7)  # until the table is drawn
    process.send_signal(signal.SIGINT)
    shown, until = b"", time.monotonic() + 30
    while b"stopping; press" not in shown or b"stopping" not in shown.partition(b"stopping; press")[2]:
        assert time.monotonic() < until
        shown += os.read(terminal, 1 << 16)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    os.close(terminal)


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGUSR2])
def test_a_user_signal_checkpoints_the_workers_and_they_continue(number, place):
    place.write(1)
    process = place.sweep(stub={"steps": 10**6})
    place.wait_for_starts(1)
    wait_for(lambda: "from step" in place.entries()[0].work(0).log_tail(9))
    process.send_signal(number)
    wait_for(lambda: "checkpoint at" in place.entries()[0].work(0).log_tail(9))
    assert process.poll() is None


def test_workers_of_a_killed_sweep_checkpoint_and_the_next_sweep_resumes(place):
    place.write(2)
    process = place.sweep("--workers", 2, stub={"steps": 10**6})
    place.wait_for_starts(2)
    process.kill()
    finished(process)
    wait_for(lambda: not any(is_running(pid) for *_, pid in place.starts()))
    assert states(place) == ["stopped", "stopped"]
    assert all(entry.work(0).checkpoints.newest() for entry in place.entries())
    assert finished(place.sweep(stub={"steps": 1}))[0] == 0


def test_a_second_sweep_joins_the_first_and_each_run_starts_once(place):
    place.write(8)
    both = [place.sweep("--workers", 2, stub={"steps": 10}) for _ in range(2)]
    assert [finished(process)[0] for process in both] == [0, 0]
    assert len(place.starts()) == 8


@pytest.mark.slow
def test_a_paused_worker_keeps_its_run_and_continues(place):
    place.write(1)
    both = [place.sweep(stub={"steps": 60})]
    place.wait_for_starts(1)
    pid = int(place.starts()[0][-1])
    os.kill(pid, signal.SIGSTOP)
    both.append(place.sweep(stub={"steps": 1}))
    time.sleep(1.5)  # the second sweep looks for a free run every second
    assert states(place) == ["running"]
    os.kill(pid, signal.SIGCONT)
    assert [finished(process)[0] for process in both] == [0, 0]
    assert len(place.starts()) == 1
