"""Fixtures of sweeps whose workers are stubs without torch."""

import json
import sys
from pathlib import Path

import pytest

from Arch.planning.plan import make_plan
from Arch.planning.task import tasks_of
from Arch.planning.workspace import Workspace
from Arch.sweep.executors.local import LocalPool
from Arch.sweep.options import SweepOptions
from Arch.sweep.progress import Slot
from Arch.sweep.scheduler import Sweep

pytest.register_assert_rewrite("tests.sweep.executor_contract")

TINY = {"Dataset": "Synthetic", "Model": "MLP"}
STUB_COMMAND = (sys.executable, str(Path(__file__).parent / "stub_job.py"))


class RecordingWatcher:
    """A watcher that records every call."""

    def __init__(self):
        self.lines, self.progress, self.hooks = [], [], {}

    def started(self, running):
        self.lines.append(("started", running.task.step.config["Seed"], running.task.run))
        self.hooks.get("started", lambda running: None)(running)

    def ended(self, what, outcome, failure):
        task = getattr(what, "task", what)
        self.lines.append((outcome.value, task.step.config["Seed"], task.run))
        self.hooks.get("ended", lambda what: None)(what)

    def tick(self, progress):
        self.progress.append(progress)


@pytest.fixture
def workspace(tmp_path):
    return Workspace.at(tmp_path / "cache", tmp_path / "data")


@pytest.fixture
def stub(monkeypatch, tmp_path):
    """Configures the stubs; `stub.starts()` returns the lines of their trace."""

    def configure(**settings):
        monkeypatch.setenv("STUB", json.dumps({"trace": str(tmp_path / "trace"), **settings}))

    configure.starts = lambda: (tmp_path / "trace").read_text().splitlines() if (tmp_path / "trace").exists() else []
    configure()
    return configure


@pytest.fixture
def plan(workspace):
    """Makes the plan of configs, each TINY with some keys changed."""

    def make(*changes):
        requested = [
            (workspace.resolver.resolve({**TINY, **change}), f"{place}.json") for place, change in enumerate(changes)
        ]
        return make_plan(requested, workspace.store)

    return make


@pytest.fixture
def slots():
    return lambda count: tuple(Slot(f"cpu {n}", "cpu", {}, 1) for n in range(count))


@pytest.fixture
def sweep(workspace, stub, plan, slots):
    """Runs a sweep of configs; returns its report and the recording watcher."""

    def run(*changes, workers=2, tasks=tasks_of, hooks=None, **sweep_options):
        recorder = RecordingWatcher()
        pool = LocalPool(slots(workers), STUB_COMMAND)
        sweep = Sweep(tasks(plan(*changes)), workspace, pool, SweepOptions(**sweep_options), recorder)
        recorder.hooks = {
            name: (lambda running, hook=hook: hook(sweep, running)) for name, hook in (hooks or {}).items()
        }
        try:
            return sweep.run(), recorder
        finally:
            pool.close()

    return run


@pytest.fixture
def outcomes_of():
    """Returns the outcomes of a report by (seed, run)."""

    def outcomes(report):
        return {
            (task.step.config["Seed"], task.run): outcome.outcome.value for task, outcome in report.outcomes.items()
        }

    return outcomes
