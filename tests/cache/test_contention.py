"""Many processes that take the same runs at random moments: each run is made once, unless its process is killed."""

import os
import random
import signal
import time

from Arch.errors import RunDoneError, RunHeldError
from tests.cache import stub

PROCESSES, RUNS = 8, 30


def note(path, line):
    """Appends a line to a trace; so short a write is atomic."""
    with path.open("a") as trace:
        trace.write(f"{line}\n")


def make_all(entry, trace, is_killed):
    """Makes the missing runs, in a random order, until all are finished."""
    waiting = random.sample(range(RUNS), RUNS)
    while waiting:
        index = waiting.pop(0)
        try:
            with entry.take(index) as lease:
                note(trace, index)
                stub.make_run(lease, lambda epoch: die(trace) if is_killed(epoch) else None)
        except RunDoneError:
            continue
        except RunHeldError:
            waiting.append(index)
            time.sleep(random.random() * 0.005)


def die(trace):
    note(trace, "killed")
    os.kill(os.getpid(), signal.SIGKILL)


def test_eight_processes_make_each_of_thirty_runs_once(disk, entry, in_child, tmp_path, names_below):
    trace = tmp_path / "trace"

    def work():
        disk.delay()
        make_all(entry, trace, lambda epoch: False)

    assert in_child(*[work] * PROCESSES) == [0] * PROCESSES
    assert sorted(map(int, trace.read_text().split())) == list(range(RUNS))
    assert entry.runs() == tuple(map(stub.expected_run, range(RUNS)))
    assert not any(name.startswith(("Work", "Claims")) for name in names_below(entry.path))


def test_a_killed_process_loses_only_the_run_that_it_was_making(disk, entry, in_child, tmp_path, names_below):
    trace = tmp_path / "trace"

    def work():
        disk.delay()
        make_all(entry, trace, lambda epoch: random.random() < 0.08)

    for _ in range(20):
        if 0 in in_child(*[work] * PROCESSES):
            break
    words = trace.read_text().split()
    assert len(words) == RUNS + 2 * words.count("killed")
    assert words.count("killed") > 0
    assert entry.runs() == tuple(map(stub.expected_run, range(RUNS)))
    with entry.write_run(RUNS):
        pass
    assert not any(name.startswith(("Work", "Claims")) for name in names_below(entry.path))
