"""Attempts begin with a lease and end with a classified exit; tested without processes."""

import pytest

from Arch.cache.attempts.attempt import State, attempt_at
from Arch.cache.attempts.failure import Failure
from Arch.errors import DiskError, RunHeldError
from Arch.files import system_calls
from Arch.planning.task import tasks_of
from Arch.sweep.attempts import Attempts
from Arch.sweep.executors.executor import Ending
from Arch.sweep.executors.order import Exit, Order, options_of
from Arch.sweep.progress import Outcome, Slot
from Arch.types import Run

SLOT = Slot("cpu 0", "cpu", {}, 1)


@pytest.fixture
def task(plan):
    (task,) = tasks_of(plan({"Seed": 1}))
    return task


@pytest.fixture
def attempts(workspace):
    return Attempts(workspace)


@pytest.fixture
def lease(attempts, task):
    return attempts.begin(task, SLOT, is_forced=False)


def classify(attempts, lease, *, is_stop_requested=False, timeout=None, **ending):
    outcome = attempts.classify(
        lease, Ending("7", **{"code": None, **ending}), is_stop_requested=is_stop_requested, timeout=timeout
    )
    return outcome.outcome, outcome.failure


def commit(entry):
    with entry.write_run(0) as writer:
        writer.commit(Run(0, 0, (), {"accuracy": 0.5}, 1.0))


def fail(entry, **changes):
    lease = entry.take(0)
    entry.work(0).record_failure(Failure(0, "error", "ValueError", "bad luck", attempt=lease.generation, **changes))
    lease.end("failed")


def test_a_run_that_exists_is_done_whatever_the_exit_code_is(attempts, lease):
    commit(lease.entry)
    assert classify(attempts, lease, signal="SIGSEGV") == (Outcome.DONE, None)


def test_a_lost_lease_raises_that_another_process_holds_the_run(attempts, lease):
    with pytest.raises(RunHeldError):
        classify(attempts, lease, code=Exit.LOST)
    assert lease.entry.work(0).failure() is None


@pytest.mark.parametrize("number", ["SIGTERM", "SIGKILL"])
def test_a_worker_that_was_asked_to_stop_is_stopped(number, attempts, lease):
    assert classify(attempts, lease, signal=number, is_stop_requested=True) == (Outcome.STOPPED, None)
    assert attempt_at(lease.entry.work(0)).state is State.STOPPED


def test_a_crash_after_a_request_to_stop_is_still_a_crash(attempts, lease):
    outcome, failure = classify(attempts, lease, signal="SIGSEGV", is_stop_requested=True)
    assert (outcome, failure.signal) == (Outcome.CRASHED, "SIGSEGV")


def test_a_worker_killed_for_memory_is_a_failure(attempts, lease):
    outcome, failure = classify(attempts, lease, signal="SIGKILL", is_out_of_memory=True, host="node7")
    assert (outcome, failure.kind, failure.signal, failure.host) == (
        Outcome.FAILED,
        "out-of-memory",
        "SIGKILL",
        "node7",
    )
    assert attempt_at(lease.entry.work(0)).state is State.FAILED
    assert lease.entry.work(0).failure() == failure


def test_a_failure_that_the_worker_could_not_record_is_recorded(attempts, lease):
    outcome, failure = classify(attempts, lease, code=Exit.FAILED)
    assert (outcome, failure.kind, failure.exit_code) == (Outcome.FAILED, "error", 10)


def test_a_failure_of_an_earlier_attempt_is_ignored(attempts, task, workspace):
    entry = workspace.store.entry(task.step.config)
    entry.open(task.step.config)
    fail(entry)
    attempts.reset_failures(task, 1)
    lease = attempts.begin(task, SLOT, is_forced=False)
    assert classify(attempts, lease, code=Exit.FAILED)[1].message != "bad luck"


def test_an_error_has_priority_over_a_timeout(attempts, lease):
    lease.entry.work(0).record_failure(Failure(0, "error", "ValueError", "bad luck", attempt=1))
    assert classify(attempts, lease, code=Exit.FAILED, timeout=5.0)[1].kind == "error"


@pytest.mark.parametrize(("place", "message"), [(0, "It has no checkpoint yet"), (7, "Its checkpoint is kept.")])
def test_a_timeout_mentions_a_checkpoint_only_if_there_is_one(place, message, attempts, lease):
    if place:
        lease.entry.work(0).checkpoints.save(place, b"state")
    assert message in classify(attempts, lease, code=Exit.STOPPED, timeout=5.0)[1].message


def test_a_disk_error_recorded_by_the_worker_is_a_crash(attempts, lease):
    with pytest.raises(DiskError), lease:
        raise DiskError("cannot write: no space left on device.")
    assert classify(attempts, lease, code=Exit.FAILED)[0] is Outcome.CRASHED
    assert attempt_at(lease.entry.work(0)).state is State.CRASHED


def test_on_a_full_disk_the_outcome_is_the_same(attempts, lease, monkeypatch, caplog):
    def full(verb, path, function, *arguments):
        if verb == "write":
            raise OSError(28, "No space left on device")
        return function(*arguments)

    monkeypatch.setattr(system_calls, "_step", full)
    assert classify(attempts, lease, code=3)[0] is Outcome.CRASHED
    assert "no space left" in caplog.text


def test_a_run_that_failed_after_the_plan_was_made_is_not_retried(attempts, task, workspace):
    entry = workspace.store.entry(task.step.config)
    entry.open(task.step.config)
    fail(entry)
    assert attempts.begin(task, SLOT, is_forced=True).failure.message == "bad luck"


def test_a_run_that_fails_between_the_check_and_the_lease_is_not_retried(attempts, task, workspace, monkeypatch):
    entry = workspace.store.entry(task.step.config)
    entry.open(task.step.config)
    take = type(entry).take

    def late(self, *arguments, **keywords):
        monkeypatch.setattr(type(entry), "take", take)
        fail(entry)
        return take(self, *arguments, **keywords)

    monkeypatch.setattr(type(entry), "take", late)
    outcome = attempts.begin(task, SLOT, is_forced=False)
    assert (outcome.outcome, outcome.failure.message) == (Outcome.FAILED, "bad luck")
    attempt = attempt_at(entry.work(0))
    assert (attempt.state, attempt.failure.message) == (State.FAILED, "bad luck")


def test_a_run_that_crashes_between_the_check_and_the_lease_is_made(attempts, task, workspace, monkeypatch):
    entry = workspace.store.entry(task.step.config)
    entry.open(task.step.config)
    entry.take(0).end("crashed")
    assert attempts.begin(task, SLOT, is_forced=False).generation == 2


def test_an_order_has_the_command_of_the_sweep(attempts, task, lease, monkeypatch):
    monkeypatch.setattr("sys.argv", ["main.py", "-e", "my configs"])
    assert attempts.order(task, SLOT, lease).command == "main.py -e 'my configs'"


def test_an_order_is_equal_after_serialization(attempts, task, lease):
    order = attempts.order(task, SLOT, lease)
    assert Order.of(order.text()) == order
    assert (order.fingerprint, order.run, order.device) == (task.fingerprint, 0, "cpu")
    assert order.rules.endswith("BaselineConfig.cjson")


def test_options_that_are_paths_become_absolute(workspace, tmp_path):
    raw = {"Dataset": "ImageFolder", "DataName": "mine", "DataPath": "here/{split}.zip", "Model": "MLP", "NumRuns": 3}
    config = workspace.resolver.resolve(raw, folder=tmp_path / "configs")
    assert options_of(config) == {
        **config.options,
        "DataPath": str(tmp_path / "configs/here/{split}.zip"),
        "NumRuns": 3,
    }


def test_a_worker_loads_the_planned_config(workspace, plan):
    teacher = {"Dataset": "Synthetic", "Model": "MLP", "Seed": 1}
    first, second = plan({"VanillaKD": True, "Teacher": teacher, "Seed": 5, "TensorBoard": True}).steps
    for step in (first, second):
        workspace.store.entry(step.config).open(step.config)
    config = workspace.cached(second.config.fingerprint, options=options_of(second.config))
    assert dict(config.active) == dict(second.config.active)
    assert dict(config.options) == dict(second.config.options)
    assert config.references["Teacher"].fingerprint == first.config.fingerprint
