"""Oracles: claims, failures and runs on the disk."""

import dataclasses
import time

import pytest
import torch

from Arch.cache.attempts.attempt import attempt_at
from Arch.cache.attempts.work import Work
from Arch.cache.entry import Entry
from Arch.cache.making.writer import RunWriter
from Arch.callbacks import Requests, SilentWatcher
from Arch.errors import (
    DataError,
    DiskError,
    LeaseLostError,
    NotImplementedYetError,
    RunDoneError,
    StoppedError,
    TrainingError,
)
from Arch.sweep.worker import Worker
from Arch.training.fit.fit import Fit
from Arch.training.trainers.image_trainer import ImageTrainer
from tests.training.conftest import TINY


@pytest.fixture
def worker(store, tmp_path):
    return Worker(store, tmp_path / "data", "cpu")


@pytest.fixture
def taken(resolver, store):
    """Returns a config and the lease of its first run."""

    def take(**keys):
        config = resolver.resolve({**TINY, **keys})
        entry = store.entry(config)
        entry.open(config)
        return config, entry.take(0)

    return take


def failing(monkeypatch, error):
    def prepare(*_):
        raise error

    monkeypatch.setattr(ImageTrainer, "stages", prepare)


def test_a_worker_makes_only_the_run_of_its_lease(worker, taken):
    config, lease = taken(NumRuns=3)
    worker.make_run(config, lease)
    assert lease.entry.run_indices() == (0,)
    with pytest.raises(RunDoneError):
        lease.entry.take(0)
    assert not (lease.entry.path / "Claims").exists()
    assert not (lease.entry.path / "Work").exists()


def test_a_worker_makes_the_run_of_an_adopted_lease(worker, taken):
    config, lease = taken()
    worker.make_run(config, type(lease).adopt(lease.entry, 0, lease.token))
    assert lease.entry.run_indices() == (0,)


def test_an_experiment_that_is_not_implemented_leaves_a_failure(worker, taken):
    config, lease = taken(Model="TcT")
    with pytest.raises(NotImplementedYetError):
        worker.make_run(config, lease)
    attempt = attempt_at(lease.entry.work(0))
    assert (attempt.state, attempt.failure.error) == ("failed", "NotImplementedYetError")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), "error"),
        (MemoryError("no more"), "out-of-memory"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."), "out-of-memory"),
        (RuntimeError("CUDA error: out of memory"), "out-of-memory"),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), "out-of-memory"),
        (DataError("no images"), "error"),
    ],
)
def test_an_error_is_recorded_with_its_class_and_kind(worker, taken, monkeypatch, error, kind):
    failing(monkeypatch, error)
    config, lease = taken()
    with pytest.raises((TrainingError, DataError), match=str(error)[:20]):
        worker.make_run(config, lease)
    failure = lease.entry.work(0).failure()
    assert (failure.kind, failure.error, failure.attempt) == (kind, type(error).__name__, 1)
    assert "prepare" in failure.traceback


def test_a_lack_of_host_memory_is_recorded_as_out_of_memory(worker, taken, monkeypatch):
    monkeypatch.setattr(ImageTrainer, "load_model", lambda self, dataset: torch.empty(10**15))
    config, lease = taken()
    with pytest.raises(TrainingError, match=r"can't allocate memory.*a smaller BatchSize"):
        worker.make_run(config, lease)
    failure = lease.entry.work(0).failure()
    assert failure.kind == "out-of-memory"
    assert "a smaller BatchSize" in failure.message


def test_an_error_after_a_takeover_is_a_lost_lease_and_not_recorded(worker, taken, monkeypatch):
    config, lease = taken()

    def prepare(*_):
        lease.end("crashed")
        lease.entry.take(0)
        raise DiskError("the work folder has vanished")

    monkeypatch.setattr(ImageTrainer, "stages", prepare)
    with pytest.raises(LeaseLostError, match="taken over"):
        worker.make_run(config, lease)
    assert lease.entry.work(0).failure() is None
    assert [claim.end for claim in lease.entry.work(0).claims()] == ["crashed", ""]


def test_a_run_taken_over_before_its_commit_is_not_committed(worker, taken, monkeypatch):
    config, lease = taken()
    original = Fit.outcome

    def outcome(self):
        lease.end("crashed")
        lease.entry.take(0)
        return original(self)

    monkeypatch.setattr(Fit, "outcome", outcome)
    with pytest.raises(LeaseLostError):
        worker.make_run(config, lease)
    assert lease.entry.run_indices() == ()


def test_an_interruption_leaves_the_run_stopped(worker, taken):
    class Interrupting(SilentWatcher):
        def step_done(self):
            raise KeyboardInterrupt

    config, lease = taken()
    with pytest.raises(KeyboardInterrupt):
        dataclasses.replace(worker, watcher=Interrupting()).make_run(config, lease)
    assert attempt_at(lease.entry.work(0)).state == "stopped"


def test_a_stop_request_during_loading_ends_the_run_before_the_first_step(worker, taken):
    requests = Requests()
    requests.stop()
    config, lease = taken()
    with pytest.raises(StoppedError, match="at step 0 of 8"):
        dataclasses.replace(worker, requests=requests).make_run(config, lease)
    assert attempt_at(lease.entry.work(0)).state == "stopped"


def test_no_further_run_starts_after_a_stop_request(trainer):
    class Stopping(SilentWatcher):
        requests = Requests()

        def run_finished(self, scores, seconds):
            self.requests.stop()

    training = trainer(NumRuns=2)
    training.settings = dataclasses.replace(training.settings, watcher=Stopping(), requests=Stopping.requests)
    with pytest.raises(StoppedError, match="before run 1"):
        training.result()
    assert training.entry.run_indices() == (0,)
    assert training.entry.attempts() == ()


def test_a_signal_during_the_commit_lets_it_finish_and_starts_no_further_run(trainer, monkeypatch):
    training, commit = trainer(NumRuns=2), RunWriter.commit

    def interrupted(writer, run):
        training.settings.requests.interrupt()
        commit(writer, run)

    monkeypatch.setattr(RunWriter, "commit", interrupted)
    with pytest.raises(StoppedError, match="before run 1"):
        training.result()
    assert training.entry.run_indices() == (0,)


def test_a_signal_while_a_lease_is_taken_releases_it(trainer, monkeypatch):
    training, take = trainer(), Entry.take

    def interrupted(*words, **named):
        training.settings.requests.interrupt()
        return take(*words, **named)

    monkeypatch.setattr(Entry, "take", interrupted)
    with pytest.raises(StoppedError, match="stopped before run 0"):
        training.result()
    assert [attempt.state for attempt in training.entry.attempts()] == ["stopped"]


def test_the_seconds_before_the_first_step_are_recorded(trainer, monkeypatch):
    original = ImageTrainer.load_dataset
    monkeypatch.setattr(ImageTrainer, "load_dataset", lambda self: time.sleep(0.2) or original(self))
    training = trainer()
    begin = time.monotonic()
    training.result()
    run = training.entry.run(0)
    assert 0.2 <= run.provenance["startup_seconds"] <= time.monotonic() - begin - run.seconds


def test_the_data_are_loaded_once_for_all_runs(trainer, monkeypatch):
    loaded = []
    original = ImageTrainer.load_dataset
    monkeypatch.setattr(ImageTrainer, "load_dataset", lambda self: loaded.append(1) or original(self))
    trainer(NumRuns=3).result()
    assert loaded == [1]


def test_a_command_of_a_user_retries_a_failed_run(trainer, monkeypatch):
    with monkeypatch.context() as broken:
        failing(broken, DataError("no images"))
        with pytest.raises(DataError):
            trainer().result()
    training = trainer()
    assert attempt_at(training.entry.work(0)).state == "failed"
    assert training.result().n == 1


def test_a_warning_after_the_commit_creates_no_log(worker, taken, monkeypatch):
    config, lease = taken()
    original = Work.clear

    def clear(self):
        original(self)
        raise DiskError("something could not be removed")

    monkeypatch.setattr(Work, "clear", clear)
    worker.make_run(config, lease)
    assert not lease.entry.work(0).log.exists()
