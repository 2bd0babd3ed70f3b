"""Reading runs: which modules it imports, and what happens when a run is moved away meanwhile."""

import subprocess
import sys

import pytest

from Arch.errors import CacheError, CorruptEntryError, DiskError
from Arch.files import system_calls
from tests.repository import ROOT

EXPENSIVE = {"threading", "logging", "socket", "hashlib", "traceback", "subprocess", "tempfile"}
READ = """
import pathlib, sys
from Arch.cache.entry import Entry
print(Entry(pathlib.Path(sys.argv[1])).status(1))
print(*sys.modules)
"""
READERS = {
    "weights": lambda entry: entry.weights(0, "Last"),
    "result": lambda entry: entry.result(),
    "run": lambda entry: entry.run(0),
    "runs": lambda entry: entry.runs(),
    "status": lambda entry: entry.status(2),
    "attempts": lambda entry: entry.attempts(),
}


def test_reading_a_finished_run_imports_no_expensive_module(entry, commit):
    commit(entry)
    command = [sys.executable, "-c", READ, str(entry.path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    status, modules = done.stdout.splitlines()
    assert status == "done"
    assert not EXPENSIVE & set(modules.split())


@pytest.mark.parametrize("moment", range(1, 6))
def test_a_run_committed_during_a_read_is_found_or_absent(entry, commit, monkeypatch, moment):
    commit(entry, 0)
    (entry.path / "Runs" / "000").rename(entry.path / "not yet")
    steps = []

    def step(verb, path, function, *arguments):
        steps.append(path)
        if len(steps) == moment:
            (entry.path / "not yet").rename(entry.path / "Runs" / "000")
        return function(*arguments)

    monkeypatch.setattr(system_calls, "_step", step)
    assert entry.has_run(0) is (moment <= 2)


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_run_moved_away_during_a_read_is_missing_or_one_clear_error(entry, commit, monkeypatch, read):
    commit(entry, 0)
    commit(entry, 1)
    for moment in range(1, 20):
        count = [0]

        def step(verb, path, function, *arguments, moment=moment, count=count):
            count[0] += 1
            if count[0] == moment:
                (entry.path / "Runs" / "000").rename(entry.path / "away")
            return function(*arguments)

        monkeypatch.setattr(system_calls, "_step", step)
        problem = problem_of(read, entry)
        monkeypatch.undo()
        if count[0] < moment:
            break
        (entry.path / "away").rename(entry.path / "Runs" / "000")
        assert not isinstance(problem, CorruptEntryError), (moment, problem)
        assert not problem or "there is no run 0" in str(problem) or "is being moved away" in str(problem)
    assert moment > 2


def problem_of(read, entry):
    try:
        read(entry)
    except (CacheError, DiskError) as problem:
        return problem
    return None
