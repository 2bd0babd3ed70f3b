"""The guarantees of the cache, G1 to G7; G3 at every step is in `test_fault_matrix.py`."""

import contextlib
import functools
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from Arch import files
from Arch.cache.attempts.attempt import attempt_at
from Arch.cache.claims.heartbeats import Heartbeats
from Arch.errors import CacheError, DiskError, RunDoneError, RunHeldError
from tests.cache import stub
from tests.cache.processes import state_of
from tests.repository import ROOT


def content_of(folder):
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_g1_a_reader_beside_killed_writers_sees_complete_runs_and_complete_json(disk, entry, config, in_child):
    ours = [entry.path / "Config.json", entry.path / "Result.json"]
    deadline = time.monotonic() + 2

    def write(first):
        disk.delay()
        for index in range(first, 40, 4):
            with contextlib.suppress(CacheError, DiskError):
                stub.train(entry, config, index)
            if random.random() < 0.3:
                os.kill(os.getpid(), signal.SIGKILL)

    def read():
        while time.monotonic() < deadline:
            for index in entry.run_indices():
                assert entry.run(index) == stub.expected_run(index)
                assert entry.weights(index, "Last").read_text() == str(stub.closed_form(index, stub.EPOCHS))
            seen = entry.result()
            assert seen.scores == {index: stub.expected_run(index).scores for index in seen.scores}
            folders = [entry.path / part / f"{index:03d}" for part in ("Claims", "Work") for index in range(40)]
            for path in (*ours, *(folder / name for folder in folders for name in files.list_folder(folder))):
                with contextlib.suppress(FileNotFoundError):
                    path.suffix == ".json" and json.loads(path.read_bytes())
        return 0

    codes = in_child(*(functools.partial(write, first) for first in range(4)), read)
    assert codes[-1] == 0
    assert set(codes[:-1]) <= {0, -signal.SIGKILL}


def test_g2_no_later_command_changes_a_committed_run(entry, config, commit, make_run, disk, in_child):
    stub.train(entry, config)
    folder = entry.path / "Runs" / "000"
    before = content_of(folder)
    assert not commit(entry, 0, 0.99)
    with pytest.raises(RunDoneError):
        stub.train(entry, config)
    with pytest.raises(ValueError, match="bad luck"):
        stub.train(entry, config, 1, stub.fail)
    for step in range(5, 100, 12):
        in_child(lambda step=step: (disk.kill_at(step), commit(entry, 0, 0.99)))
        in_child(lambda step=step: (disk.kill_at(step), stub.train(entry, config, 2)))
    stub.train(entry, config, 1)
    entry.work(0).clear()
    with entry.write_run(0) as writer:
        (writer.folder / "Last.safetensors").write_bytes(b"other")
    assert content_of(folder) == before


def test_g3_a_run_killed_at_random_moments_gives_the_numbers_of_an_uninterrupted_one(disk, entry, config, in_child):
    draw = random.Random(0)
    for index in range(5):
        for step in [draw.randrange(1, 90) for _ in range(6)]:
            in_child(lambda index=index, step=step: (disk.kill_at(step), stub.train(entry, config, index)))
        with contextlib.suppress(RunDoneError):
            stub.train(entry, config, index)
    assert entry.runs() == tuple(map(stub.expected_run, range(5)))


def test_g4_at_most_one_of_many_processes_on_a_host_makes_a_run(disk, entry, config, in_child, tmp_path):
    trace = tmp_path / "trace"

    def contend():
        disk.delay()
        for _ in range(40):
            try:
                lease = entry.take(0)
            except RunHeldError:
                time.sleep(0.002)
                continue
            with lease:
                note(trace, "in")
                time.sleep(random.random() * 0.01)
                note(trace, "out")
                if random.random() < 0.3:
                    os.kill(os.getpid(), signal.SIGKILL)

    in_child(*[contend] * 8)
    words = trace.read_text().split()
    assert words == ["in", "out"] * (len(words) // 2)
    assert len(words) > 16


def note(path, word):
    with path.open("a") as trace:
        trace.write(f"{word}\n")


def test_g4_a_run_of_another_host_is_not_taken_while_heartbeats_come(entry, config, on_host, monkeypatch):
    now = [0.0]
    on_host("theirs")
    theirs = entry.take(0)
    on_host("ours")
    heartbeats = Heartbeats(lambda: now[0])
    for beat in range(20):
        os.utime(theirs.claim.path, (beat, beat))
        with pytest.raises(RunHeldError):
            entry.take(0, heartbeats=heartbeats)
        now[0] += 20.0
    now[0] += 41.0  # a network partition: no heartbeat arrives any more
    with entry.take(0, heartbeats=heartbeats) as ours:
        with pytest.raises(CacheError, match="taken over"):
            theirs.check()
        stub.make_run(ours)
    assert entry.runs() == (stub.expected_run(0),)


@pytest.mark.parametrize("is_waited_for", [True, False], ids=["gone", "a zombie"])
def test_g5_a_run_whose_local_holder_died_is_not_shown_as_running(entry, is_waited_for):
    pid = os.fork()
    if not pid:
        entry.take(0)
        signal.pause()
        os._exit(0)
    while not entry.work(0).claims():
        time.sleep(0.001)
    assert str(entry.status(1)) == "running (0 of 1)"
    os.kill(pid, signal.SIGKILL)
    if is_waited_for:
        os.waitpid(pid, 0)
    else:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert state_of(pid) == "Z"
    assert str(entry.status(1)) == "crashed (0 of 1)"
    assert entry.take(0).generation == 2
    if not is_waited_for:
        os.waitpid(pid, 0)


def test_g5_a_run_whose_holders_pid_was_reused_is_not_shown_as_running(entry):
    claim = entry.take(0).claim
    used_again = replace(claim, holder=replace(claim.holder, pid=1))
    Path(claim.path).write_text(used_again.text())
    assert str(entry.status(1)) == "crashed (0 of 1)"


READ = """
import pathlib, sys
from Arch.cache.attempts.attempt import attempt_at
from Arch.cache.store import Store
from tests.cache.conftest import Request
store, config = Store(pathlib.Path(sys.argv[1])), Request()
for entry in store.entries():
    for index in range(5):
        work = entry.work(index)
        print(entry.has_run(index), attempt_at(entry.work(index)).state, work.claims(), work.progress(), work.failure())
        print(work.checkpoints.newest(), work.log_tail(3))
    print(entry.status(4, config), entry.attempts(), entry.result().scores, entry.runs(), entry.weights(0, "Last"))
    print(store.find(entry.fingerprint[:5]), store.snapshot().status(config, 2))
    print(entry.check(config), entry.open(config))
"""


@pytest.fixture
def in_every_state(entry, config, in_child):
    """An entry with runs that are done, failed, crashed, running and stopped."""
    stub.train(entry, config, 0)
    for index, on_epoch in ((1, stub.fail), (4, stub.stop)):
        with contextlib.suppress(Exception):
            stub.train(entry, config, index, on_epoch)
    in_child(lambda: stub.train(entry, config, 2, lambda epoch: epoch < 4 or os._exit(0)))
    entry.take(3)
    return entry


def test_g6_reading_writes_nothing(in_every_state, store, config, disk):
    entry, before = in_every_state, content_of(store.root)
    disk.forget()
    assert [attempt_at(entry.work(index)).state for index in range(1, 5)] == ["failed", "crashed", "running", "stopped"]
    exec(READ.replace("sys.argv[1]", repr(str(store.root))), {})
    assert disk.writes == []
    assert content_of(store.root) == before


def test_g6_reading_works_on_a_read_only_cache(in_every_state, store):
    mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && ! touch "$0/probe" 2>/dev/null || exit 77; '
    program = [sys.executable, "-c", READ, str(store.root)]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mount + '"$@"', str(store.root), *program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode in (1, 77) and "Traceback" not in done.stderr:
        pytest.skip(f"this system does not let us mount: {done.stderr.strip()}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "running" in done.stdout


TRAIN = """
import contextlib, pathlib, sys
sys.stdin = None
from Arch.cache.store import Store
from tests.cache import stub
from tests.cache.processes import state_of
from tests.cache.conftest import Request
config = Request()
entry = Store(pathlib.Path(sys.argv[1])).entry(config)
for on_epoch in (stub.fail, stub.stop, stub.nothing):
    with contextlib.suppress(Exception):
        stub.train(entry, config, 0, on_epoch)
print(entry.status(1, config))
"""


def test_g7_a_run_is_made_without_any_prompt(store):
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-c", TRAIN, str(store.root)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")
