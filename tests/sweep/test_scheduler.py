"""A sweep makes each missing run once, after its dependencies, and reports why a run is missing."""

import errno
import os
import threading
import time

import pytest

from Arch.cache.attempts.attempt import State, attempt_at
from Arch.errors import DiskError
from Arch.files import system_calls
from Arch.planning.task import failed_tasks_of, tasks_of
from Arch.sweep.progress import Outcome
from Arch.types import Run

TINY = {"Dataset": "Synthetic", "Model": "MLP"}
TAUGHT = {"VanillaKD": True, "Teacher": {**TINY, "Seed": 1}}


def starts(recorder):
    return [line[1:] for line in recorder.lines if line[0] == "started"]


def test_runs_start_in_the_order_of_the_plan(sweep, stub, outcomes_of):
    report, recorder = sweep({"Seed": 3}, {"Seed": 1, "NumRuns": 2}, {"Seed": 2}, workers=1)
    assert starts(recorder) == [(3, 0), (1, 0), (1, 1), (2, 0)]
    assert set(outcomes_of(report).values()) == {"done"}
    assert report.is_complete
    assert len(stub.starts()) == 4


def test_a_teacher_is_made_once_and_before_its_students(sweep, stub):
    stub(steps=20)
    report, recorder = sweep({**TAUGHT, "Seed": 5}, {**TAUGHT, "Seed": 6}, workers=3)
    assert report.is_complete
    assert [line[:2] for line in recorder.lines[:2]] == [("started", 1), ("done", 1)]
    assert sorted(starts(recorder)) == [(1, 0), (5, 0), (6, 0)]


def test_a_student_waits_only_for_the_run_that_it_needs(sweep, stub):
    stub(steps=20)
    _, recorder = sweep({**TAUGHT, "Seed": 5}, {"Seed": 1, "NumRuns": 3}, workers=2)
    assert starts(recorder) == [(1, 0), (1, 1), (1, 2), (5, 0)] or starts(recorder)[2:] == [(5, 0), (1, 2)]


def test_runs_of_one_experiment_are_made_in_parallel_and_added_later(sweep, stub, outcomes_of):
    stub(steps=20)
    _, recorder = sweep({"NumRuns": 2}, workers=2)
    assert [line[0] for line in recorder.lines] == ["started", "started", "done", "done"]
    report, _ = sweep({"NumRuns": 3})
    assert outcomes_of(report) == {(0, 2): "done"}
    assert len(stub.starts()) == 3


def test_a_failure_blocks_its_dependents_and_stops_no_other(sweep, stub, outcomes_of):
    stub(ways={"1": "error"})
    report, _ = sweep({**TAUGHT, "Seed": 5}, {"Seed": 7})
    assert outcomes_of(report) == {(1, 0): "failed", (5, 0): "blocked", (7, 0): "done"}
    messages = {
        outcome.outcome.value: outcome.failure.message for outcome in report.outcomes.values() if outcome.failure
    }
    assert messages["failed"] == "bad luck"
    assert messages["blocked"] == "not tried: it depends on MLP on Synthetic, which failed."
    assert not report.is_complete


def test_an_experiment_that_is_not_implemented_is_refused_without_a_folder(sweep, workspace, outcomes_of):
    report, _ = sweep({"Model": "TcT", "Seed": 3}, {"Seed": 4})
    assert outcomes_of(report) == {(3, 0): "refused", (4, 0): "done"}
    assert len(list(workspace.store.entries())) == 1


def test_a_failed_run_is_reported_and_retried_only_on_request(sweep, stub, outcomes_of, plan):
    stub(ways={"1": "error once"})
    sweep({"Seed": 1}, {"Seed": 2})
    report, _ = sweep({"Seed": 1}, {"Seed": 2}, {"Seed": 3})
    assert outcomes_of(report) == {(1, 0): "failed", (3, 0): "done"}
    assert [failure.message for failure in report.of(Outcome.FAILED).values()] == ["bad luck"]
    assert len(stub.starts()) == 3
    report, _ = sweep({"Seed": 1}, {"Seed": 2}, {"Seed": 3}, tasks=failed_tasks_of, is_forced=True)
    assert outcomes_of(report) == {(1, 0): "done"}
    assert len(stub.starts()) == 4


def test_a_crash_is_recorded_with_exit_code_and_log_and_retried_by_the_next_sweep(sweep, stub, outcomes_of, plan):
    stub(ways={"1": "exit 3 once"})
    report, _ = sweep({"Seed": 1})
    assert outcomes_of(report) == {(1, 0): "crashed"}
    (attempt,) = plan({"Seed": 1}).steps[0].status.attempts
    failure = attempt.failure
    assert (attempt.state, failure.kind, failure.exit_code, failure.signal) == (State.CRASHED, "crash", 3, "")
    assert (failure.attempt, failure.device) == (1, "cpu 0")
    assert failure.log.splitlines()[-1] == "last words"
    assert outcomes_of(sweep({"Seed": 1})[0]) == {(1, 0): "done"}


def test_a_killed_worker_is_recorded_with_its_signal(sweep, stub, outcomes_of, plan):
    stub(ways={"1": "kill"})
    assert outcomes_of(sweep({"Seed": 1})[0]) == {(1, 0): "crashed"}
    failure = plan({"Seed": 1}).steps[0].status.failure
    assert (failure.kind, failure.exit_code, failure.signal) == ("crash", None, "SIGKILL")


def test_a_worker_that_exits_with_0_without_a_run_crashed(sweep, stub, outcomes_of, plan):
    stub(ways={"1": "leave"})
    assert outcomes_of(sweep({"Seed": 1})[0]) == {(1, 0): "crashed"}
    assert plan({"Seed": 1}).steps[0].status.failure.exit_code == 0


def test_failing_fast_checkpoints_the_rest(sweep, stub, outcomes_of):
    stub(ways={"1": "hang", "2": "error"})
    report, _ = sweep({"Seed": 1}, {"Seed": 2}, {"Seed": 3}, is_fail_fast=True)
    assert outcomes_of(report) == {(1, 0): "stopped", (2, 0): "failed"}
    assert [task.step.config["Seed"] for task in report.left] == [3]


def test_a_stopped_sweep_writes_checkpoints_and_the_next_one_resumes(sweep, stub, outcomes_of, workspace):
    stub(steps=100)
    report, _ = sweep({"Seed": 1}, {"Seed": 2}, workers=1, hooks={"started": lambda sweep, _: sweep.stop()})
    assert outcomes_of(report) == {(1, 0): "stopped"}
    assert [task.step.config["Seed"] for task in report.left] == [2]
    attempt = attempt_at(next(workspace.store.entries()).work(0))
    assert attempt.state is State.STOPPED
    stub(steps=2)
    assert set(outcomes_of(sweep({"Seed": 1}, {"Seed": 2})[0]).values()) == {"done"}


def test_a_killed_sweep_ends_at_once_and_records_no_crash(sweep, stub, outcomes_of, workspace):
    stub(ways={"1": "ignores stop"}, steps=10**6)
    begin = time.monotonic()
    report, _ = sweep({"Seed": 1}, hooks={"started": lambda sweep, _: sweep.kill()})
    assert time.monotonic() - begin < 10
    assert outcomes_of(report) == {(1, 0): "stopped"}
    assert attempt_at(next(workspace.store.entries()).work(0)).state is State.STOPPED


def test_a_run_that_another_process_is_making_is_waited_for(sweep, stub, outcomes_of, workspace, plan):
    step = plan({"Seed": 1}).steps[0]
    entry = workspace.store.entry(step.config)
    entry.open(step.config)
    lease = entry.take(0)
    threading.Timer(1.5, lambda: lease.end("stopped")).start()
    report, recorder = sweep({"Seed": 1}, {"Seed": 2})
    assert starts(recorder) == [(2, 0), (1, 0)]
    assert report.is_complete


def test_a_run_that_another_process_has_made_is_not_repeated(sweep, stub, outcomes_of, workspace, plan):
    def commit(_, running):
        config = plan({"Seed": 2}).steps[0].config
        entry = workspace.store.entry(config)
        entry.open(config)
        with entry.write_run(0) as writer:
            writer.commit(Run(0, 0, (), {"accuracy": 0.5}, 1.0))

    report, recorder = sweep({"Seed": 1}, {"Seed": 2}, workers=1, hooks={"started": commit})
    assert outcomes_of(report) == {(1, 0): "done", (2, 0): "elsewhere"}
    assert recorder.progress[-1].elsewhere == 1


def test_a_disk_that_cannot_be_written_ends_the_sweep(sweep, stub, monkeypatch):
    def broken(verb, path, function, *arguments):
        if verb == "write":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return function(*arguments)

    monkeypatch.setattr(system_calls, "_step", broken)
    with pytest.raises(DiskError, match="no space left"):
        sweep(*({"Seed": seed} for seed in range(5)))


def test_a_disk_that_fails_during_runs_fails_those_runs_without_a_traceback(sweep, stub, outcomes_of, monkeypatch):
    def break_reading(*_):
        def broken(verb, path, function, *arguments):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        monkeypatch.setattr(system_calls, "_step", broken)

    stub(ways={"1": "error"})
    report, _ = sweep({"Seed": 1}, hooks={"started": break_reading})
    monkeypatch.undo()
    assert outcomes_of(report) == {(1, 0): "refused"}


def test_one_entry_that_cannot_be_written_stops_no_other(sweep, stub, outcomes_of, workspace):
    def damage(plan):
        workspace.store.root.mkdir()
        workspace.store.entry(plan.steps[0].config).path.write_text("a file where a folder should be")
        return tasks_of(plan)

    report, _ = sweep({"Seed": 1}, {"Seed": 2}, tasks=damage)
    assert outcomes_of(report) == {(1, 0): "refused", (2, 0): "done"}


def test_the_counts_of_the_progress_add_up(sweep, stub):
    stub(ways={"1": "error"})
    _, recorder = sweep({**TAUGHT, "Seed": 5}, {"Seed": 7}, {"Seed": 8})
    assert (recorder.progress[-1].failed, recorder.progress[-1].blocked) == (2, 1)
    for progress in recorder.progress:
        assert (
            progress.done + progress.failed + progress.waiting + progress.elsewhere + len(progress.running)
            == progress.total
            == 4
        )
    assert (recorder.progress[-1].done, recorder.progress[-1].failed) == (2, 2)


def test_dependencies_of_a_retried_run_are_made_first(plan):
    tasks = tasks_of(plan({**TAUGHT, "Seed": 5}))
    assert [task.step.config["Seed"] for task in tasks] == [1, 5]
    assert failed_tasks_of(plan({**TAUGHT, "Seed": 5})) == ()


@pytest.mark.parametrize("way", ["exit 3", "error"])
def test_a_failed_run_that_another_process_made_later_exists_at_the_end(sweep, stub, outcomes_of, plan, workspace, way):
    stub(ways={"1": way})

    def commit(_, running):
        if running.task.step.config["Seed"] == 2:
            with workspace.store.entry(plan({"Seed": 1}).steps[0].config).write_run(0) as writer:
                writer.commit(Run(0, 0, (), {"accuracy": 0.5}, 1.0))

    report, _ = sweep({"Seed": 1}, {"Seed": 2}, workers=1, hooks={"started": commit})
    assert outcomes_of(report) == {(1, 0): "elsewhere", (2, 0): "done"}
    assert report.is_complete


def test_a_refused_run_is_missing_whatever_its_folder_contains(sweep, stub, workspace, plan):
    entry = workspace.store.entry(plan({"Model": "ResNet101"}).steps[0].config)
    (entry.path / "Runs" / "000").mkdir(parents=True)
    (entry.path / "Runs" / "000" / "manifest.json").touch()
    assert not sweep({"Model": "ResNet101"})[0].is_complete
