"""The program of a worker: how it starts, and what it reports when it cannot."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from Arch.cache.attempts.attempt import State, attempt_at
from Arch.callbacks import Requests
from Arch.planning.task import tasks_of
from Arch.planning.workspace import Workspace
from Arch.sweep.attempts import Attempts
from Arch.sweep.executors.job import PARENT, Job, make_run
from Arch.sweep.executors.order import Exit
from Arch.sweep.progress import Slot
from Arch.sweep.worker import Worker
from tests.repository import ROOT
from tests.sweep.conftest import STUB_COMMAND

SLOT = Slot("cpu 0", "cpu", {}, 1)


@pytest.fixture
def ordered(workspace, plan):
    """Returns a lease and the order of its worker."""
    attempts = Attempts(workspace)
    (task,) = tasks_of(plan({"Seed": 1}))
    lease = attempts.begin(task, SLOT, is_forced=False)
    return lease, attempts.order(task, SLOT, lease)


def work(order, **environment):
    return subprocess.run(
        STUB_COMMAND,
        input=order.text(),
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_worker_makes_the_run_ordered_on_standard_input(ordered):
    lease, order = ordered
    assert (work(order).returncode, lease.entry.has_run(0)) == (Exit.COMMITTED, True)


def test_a_run_records_the_command_of_the_sweep_and_not_its_worker_s(ordered, monkeypatch):
    lease, order = ordered
    made = []
    monkeypatch.setattr(Worker, "make_run", lambda worker, *_: made.append(worker.command))
    make_run(
        Job(
            replace(order, command="main.py -e grids"),
            Workspace.at(order.cache, order.data, order.rules),
            None,
            lease,
            Requests(),
        )
    )
    lease.end("stopped")
    assert made == ["main.py -e grids"]


def test_an_orphaned_worker_exits_before_it_starts_and_releases_the_run(ordered, stub):
    lease, order = ordered
    assert work(order, **{PARENT: "1"}).returncode == Exit.STOPPED
    assert attempt_at(lease.entry.work(0)).state is State.STOPPED
    assert stub.starts() == []


def test_a_fingerprint_that_differs_under_the_rules_is_a_recorded_failure(ordered, tmp_path):
    lease, order = ordered
    rules = Path(order.rules).read_text().replace('"Precision": "float32"', '"Precision": "bfloat16"')
    (tmp_path / "rules.cjson").write_text(rules)
    order = type(order)(**{**json.loads(order.text()), "rules": str(tmp_path / "rules.cjson")})
    done = work(order)
    assert (done.returncode, "Traceback" in done.stderr) == (Exit.FAILED, False)
    assert lease.entry.work(0).failure().error == "ChangedDefaultError"


def test_a_library_that_ends_the_worker_is_a_recorded_failure(ordered, stub):
    lease, order = ordered
    stub(ways={"1": "quit"})
    assert work(order).returncode == Exit.FAILED
    assert attempt_at(lease.entry.work(0)).failure.error == "SystemExit"


def test_heartbeats_begin_before_anything_is_imported_for_the_run(ordered):
    code = (
        "import sys, threading; from Arch.sweep.executors.job import main\n"
        "main(lambda job: print('torch' in sys.modules, *(each.name for each in threading.enumerate()), sep=', '))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, input=ordered[1].text(), cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False, MainThread, lease of run 0\n"


def test_what_a_worker_prints_is_escaped(ordered):
    code = (
        "import sys; from Arch.sweep.executors.job import main\n"
        "def make(job):\n    print('a\\x1b[2J')\n    raise ValueError('b\\u202e')\n"
        "main(make)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, input=ordered[1].text(), cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "a\\x1b[2J\n"
    assert "ValueError: b\\u202e\n" in done.stderr


def test_torch_is_not_imported_before_the_lease_is_adopted():
    imports = "import sys, Arch.sweep.executors.job, Arch.sweep.executors.local"
    code = f"{imports}; print(sorted({{'torch', 'numpy', 'pandas'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
