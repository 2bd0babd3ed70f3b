"""The contract of every executor, as tests; a new one needs a factory and a line in `test_executors.py`.

The fixture `executor` returns a function from slots to an executor whose workers are `stub_job.py`. STUB in the slot's
environment configures what happens to a run.
"""

import json
import time

import pytest

from Arch.cache.attempts.attempt import State, attempt_at
from Arch.planning.task import tasks_of
from Arch.sweep.attempts import Attempts
from Arch.sweep.executors.order import Exit
from Arch.sweep.progress import Slot

TIMEOUT = 60.0  # seconds; a busy machine starts processes slowly


@pytest.fixture
def make_slot(tmp_path):
    def make(name="cpu 0", **settings):
        stub = {"trace": str(tmp_path / "trace"), **settings}
        return Slot(name, "cpu", {"STUB": json.dumps(stub), "CUDA_VISIBLE_DEVICES": f"GPU-{name}"}, threads=3)

    return make


@pytest.fixture
def begin(workspace, plan):
    """Takes a run's lease and starts a worker; returns the lease and the worker's name."""
    attempts = Attempts(workspace)

    def begin(pool, slot, seed=1):
        (task,) = tasks_of(plan({"Seed": seed, "TensorBoard": True}))
        lease = attempts.begin(task, slot, is_forced=False)
        return lease, pool.start(attempts.order(task, slot, lease), slot, lease.entry.work(0).log)

    return begin


def ending_of(pool, *workers):
    """Waits for workers to exit; returns their endings in the order of the workers."""
    found, until = {}, time.monotonic() + TIMEOUT
    while set(workers) - set(found) and time.monotonic() < until:
        found |= {ending.worker: ending for ending in pool.ended(0.1)}
    return [found[worker] for worker in workers]


def wait_for(condition):
    until = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_worker_makes_the_run_and_reports_it(executor, make_slot, begin):
    slot = make_slot()
    pool = executor((slot,))
    assert pool.slots == (slot,)
    lease, worker = begin(pool, slot)
    (ending,) = ending_of(pool, worker)
    assert (ending.code, ending.signal, ending.is_out_of_memory) == (Exit.COMMITTED, "", False)
    assert lease.entry.has_run(0)
    assert pool.ended(0.0) == []


def test_a_worker_has_its_slots_environment_threads_and_options(executor, make_slot, begin):
    slot = make_slot()
    pool = executor((slot,))
    lease, worker = begin(pool, slot)
    ending_of(pool, worker)
    provenance = lease.entry.run(0).provenance
    assert (provenance["CUDA_VISIBLE_DEVICES"], provenance["OMP_NUM_THREADS"]) == ("GPU-cpu 0", "3")
    assert provenance["options"]["TensorBoard"] is True
    assert provenance["device"] == "cpu"


def test_a_worker_asked_to_stop_writes_a_checkpoint_and_reports_it(executor, make_slot, begin):
    slot = make_slot(steps=10**6)
    pool = executor((slot,))
    lease, worker = begin(pool, slot)
    wait_for(lease.entry.work(0).log.exists)
    pool.ask(worker, "stop")
    (ending,) = ending_of(pool, worker)
    assert ending.code == Exit.STOPPED
    assert attempt_at(lease.entry.work(0)).state is State.STOPPED


def test_a_worker_asked_at_its_start_stops_as_well(executor, make_slot, begin):
    slot = make_slot(steps=10**6)
    pool = executor((slot,))
    _, worker = begin(pool, slot)
    pool.ask(worker, "checkpoint")
    pool.ask(worker, "stop")
    assert ending_of(pool, worker)[0].code == Exit.STOPPED


def test_a_worker_asked_for_a_checkpoint_continues(executor, make_slot, begin):
    slot = make_slot(steps=10**6)
    pool = executor((slot,))
    lease, worker = begin(pool, slot)
    work = lease.entry.work(0)
    wait_for(lambda: "from step" in work.log_tail(9))
    pool.ask(worker, "checkpoint")
    wait_for(lambda: "checkpoint at" in work.log_tail(9))
    assert pool.ended(0.0) == []


def test_an_error_sets_the_exit_code_and_is_recorded(executor, make_slot, begin):
    slot = make_slot(ways={"1": "error"})
    pool = executor((slot,))
    lease, worker = begin(pool, slot)
    assert ending_of(pool, worker)[0].code == Exit.FAILED
    assert lease.entry.work(0).failure().message == "bad luck"


def test_the_output_of_a_worker_is_in_the_log(executor, make_slot, begin):
    slot = make_slot(ways={"1": "exit 3"})
    pool = executor((slot,))
    lease, worker = begin(pool, slot)
    assert ending_of(pool, worker)[0].code == 3
    assert lease.entry.work(0).log_tail(1) == "last words"


def test_a_killed_worker_exits_by_the_signal(executor, make_slot, begin):
    slot = make_slot(steps=10**6, ways={"1": "ignores stop"})
    pool = executor((slot,))
    _, worker = begin(pool, slot)
    pool.kill(worker)
    (ending,) = ending_of(pool, worker)
    assert (ending.code, ending.signal) == (None, "SIGKILL")
    pool.kill(worker)
    pool.ask(worker, "stop")


def test_several_workers_run_in_parallel_and_each_exit_is_returned_once(executor, make_slot, begin):
    slots = [make_slot(f"cpu {n}") for n in range(3)]
    pool = executor(tuple(slots))
    begun = [begin(pool, slot, seed) for seed, slot in enumerate(slots)]
    assert [ending.code for ending in ending_of(pool, *(worker for _, worker in begun))] == [0, 0, 0]
    assert all(lease.entry.has_run(0) for lease, _ in begun)


def test_a_worker_exits_if_its_lease_was_lost(executor, make_slot, begin, workspace, plan):
    slot = make_slot(steps=10**6)
    pool = executor((slot,))
    attempts = Attempts(workspace)
    (task,) = tasks_of(plan({"Seed": 1}))
    lease = attempts.begin(task, slot, is_forced=False)
    lease.end("stopped")
    worker = pool.start(attempts.order(task, slot, lease), slot, lease.entry.work(0).log)
    assert ending_of(pool, worker)[0].code == Exit.LOST


def test_waiting_for_an_exit_returns_in_time(executor, make_slot, begin):
    slot = make_slot(steps=10**6)
    pool = executor((slot,))
    begin(pool, slot)
    begin_time = time.monotonic()
    assert pool.ended(0.1) == []
    assert time.monotonic() - begin_time < 5.0


def test_closing_kills_all_workers(executor, make_slot, begin):
    slot = make_slot(steps=10**6)
    pool = executor((slot,))
    lease, _ = begin(pool, slot)
    wait_for(lambda: "from step" in lease.entry.work(0).log_tail(9))
    pool.close()
    assert attempt_at(lease.entry.work(0)).state is not State.RUNNING
