"""`-e` and `retry` as a user gives them, with real signals; the workers are stubs without torch."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from Arch.cache.store import Store
from tests.repository import ROOT

TINY = {"Dataset": "Synthetic", "Model": "MLP"}


class Place:
    """A folder with configs, in which sweeps are started."""

    def __init__(self, folder):
        self.folder, self.started = folder, []

    def write(self, count, **keys):
        (self.folder / "configs").mkdir(exist_ok=True)
        for seed in range(count):
            (self.folder / f"configs/{seed:03d}.json").write_text(json.dumps({**TINY, "Seed": seed, **keys}))

    def start(self, *words, stub=None, **streams):
        told = {"trace": str(self.folder / "trace"), **(stub or {})}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.sweep.stub_main", *map(str, words), "--cache", str(self.folder / "cache")],
            cwd=ROOT,
            env={**os.environ, "STUB": json.dumps(told)},
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
            text=True,
            preexec_fn=_restore_ctrl_c,  # noqa: PLW1509 - this process has no threads
        )
        self.started.append(process)
        return process

    def sweep(self, *words, stub=None, **streams):
        return self.start("-e", self.folder / "configs", *words, stub=stub, **streams)

    def starts(self):
        """Returns the lines of the trace: fingerprint, run, attempt, pid."""
        path = self.folder / "trace"
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    def entries(self):
        return list(Store(self.folder / "cache").entries())

    def wait_for_starts(self, count):
        wait_for(lambda: len(self.starts()) >= count)


def _restore_ctrl_c():
    """Restores the handler of SIGINT, which the children of a test suite in the background ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path)
    yield place
    for process in place.started:
        if process.poll() is None:
            process.kill()
        for stream in filter(None, (process.stdout, process.stderr)):
            stream.close()
        process.wait()


def wait_for(condition, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.02)


def finished(process):
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def states(place):
    """Returns the states of the unfinished runs."""
    return sorted(attempt.state.value for entry in place.entries() for attempt in entry.attempts())


def test_a_sweep_makes_every_run_and_prints_plain_lines(place):
    place.write(2)
    code, out, err = finished(place.sweep("--workers", 1))
    assert code == 0
    assert out.count("(n=1)") == 2
    first, second = (f"MLP on Synthetic, run 0 ({place.folder}/configs/00{n}.json)" for n in range(2))
    assert err.splitlines() == [
        f"started: {first}, on cpu",
        f"done 1/2: {first}, accuracy 50.00 %, 1.0 s",
        f"started: {second}, on cpu",
        f"done 2/2: {second}, accuracy 50.00 %, 1.0 s",
        "runs: 2 made",
    ]


def test_a_sweep_of_cached_experiments_starts_nothing(place):
    place.write(2)
    finished(place.sweep("--workers", 2))
    code, out, err = finished(place.sweep())
    assert (code, err, out.count("(n=1)")) == (0, "", 2)


def test_a_failed_teacher_is_counted_apart_from_its_students(place):
    place.write(2, VanillaKD=True, Teacher={**TINY, "Seed": 9})
    code, _, err = finished(place.sweep("--quiet", stub={"ways": {"9": "error"}}))
    assert code == 1
    assert "runs: 1 failed (it is only needed by others), 2 not tried" in err.splitlines()


def test_a_failure_sets_the_exit_code_and_waits_for_retry(place):
    place.write(2)
    code, _, err = finished(place.sweep("--quiet", stub={"ways": {"1": "error"}}))
    path = place.folder / "configs/001.json"
    name = next(entry.fingerprint for entry in place.entries() if entry.attempts())[:8]
    told = [f"error: {path}: bad luck", f"`main.py tail {name}` shows the log, `main.py retry {name}` tries again"]
    assert code == 1
    assert err.splitlines() == [told[0], "runs: 1 made, 1 failed", told[1]]
    code, _, err = finished(place.sweep("--quiet"))
    assert (code, err.splitlines()) == (1, [told[0], "runs: 1 there already, 1 failed", told[1]])
    code, out, _ = finished(place.start("retry", name))
    assert (code, out.count("(n=1)")) == (0, 1)
    code, out, _ = finished(place.start("retry", place.folder / "configs"))
    assert code == 0
    assert "failed or crashed" in out
    assert len(place.starts()) == 3


def test_a_cached_entrys_later_run_is_retried_by_its_fingerprint(place):
    place.write(1, NumRuns=2)
    finished(place.sweep(stub={"ways": {"0": "exit 3"}}))
    (entry,) = place.entries()
    assert entry.run_indices() == ()
    assert finished(place.start("retry", entry.fingerprint))[0] == 0
    assert entry.run_indices() == (0, 1)


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


def test_the_table_of_a_closed_terminal_does_not_end_a_sweep(place):
    place.write(3)
    terminal, inside = os.openpty()
    process = place.sweep("--workers", 1, stub={"steps": 20}, stderr=inside)
    os.close(inside)
    place.wait_for_starts(1)
    os.close(terminal)
    assert process.wait(60) == 0
    assert [entry.run_indices() for entry in place.entries()] == [(0,)] * 3


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


def test_a_worker_sees_the_gpu_that_it_is_pinned_to(place):
    place.write(4)
    assert finished(place.sweep("--gpus", "GPU-8c2f,GPU-11aa", stub={"steps": 30}))[0] == 0
    seen = sorted(entry.run(0).provenance["CUDA_VISIBLE_DEVICES"] for entry in place.entries())
    assert set(seen) == {"GPU-11aa", "GPU-8c2f"}
    assert {entry.run(0).provenance["device"] for entry in place.entries()} == {"cuda"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--timeout", "soon"], "expected a span of time such as 90s, 12h or 30d (units: s, m, h, d, w), got 'soon'"),
        (["--workers", "0"], "expected a whole number from 1, got '0'"),
        (["--retry", "-1"], "expected a whole number from 0, got '-1'"),
        (["--gpus", ","], "expected names such as 0,1"),
        (["--gpus", "98,99"], "there is no GPU 98, 99 here"),
        (["--device", "cuda:99"], "there is no device 'cuda:99' here"),
    ],
)
def test_an_impossible_sweep_is_one_sentence(words, message, place):
    place.write(1)
    code, out, err = finished(place.sweep(*words))
    assert (code, out) == (2, "")
    assert re.match(f"error: .*{re.escape(message)}.*\n$", err)
    assert place.starts() == []


def test_options_of_sweeps_are_refused_for_single_configs(place):
    place.write(1)
    code, _, err = finished(place.start("-c", place.folder / "configs/000.json", "--workers", 2))
    assert code == 2
    assert err.startswith("error: --workers is for -e")
