"""Oracles: an uninterrupted run, and the tensors before they were packed."""

import dataclasses
import io

import pytest
import torch

from Arch.config.config import Config
from Arch.errors import DataError, StoppedError
from Arch.training.fit.learner import Learner
from Arch.training.run.checkpoint import InvalidCheckpointError, unpack
from Arch.training.run.state import RunState
from Arch.training.trainers.image_trainer import ImageTrainer
from tests.training.run.interruptions import StopAfterEach

CONVOLUTIONAL = {"Model": "resnet8", "Optimizer": "AdamW", "EMADecay": 0.5}


@pytest.fixture
def stopped(trainer):
    """Stops a run after the third of its eight steps; returns its trainer."""
    watcher = StopAfterEach(3)
    training = trainer()
    training.settings = dataclasses.replace(training.settings, watcher=watcher, requests=watcher.requests)
    with pytest.raises(StoppedError, match="at step 3 of 8; the same command resumes it from step 3"):
        training.result()
    return training


@pytest.fixture
def uninterrupted(trainer, tmp_path):
    training = trainer()
    training.entry = dataclasses.replace(training.entry, path=tmp_path / "uninterrupted" / training.entry.fingerprint)
    training.result()
    return training.entry


def weights(entry):
    return entry.weights(0, "Last").read_bytes()


def log(entry):
    return (entry.run_folder(0) / "log.txt").read_text()


class StopAfter:
    """A monitor that stops a stage after some steps."""

    def __init__(self, steps):
        self.left = steps

    def step_done(self):
        self.left -= 1
        if not self.left:
            raise StoppedError("after some steps")

    def epoch_done(self, epoch):
        pass


def stepped(training, steps=2):
    """Returns a run that was stopped after `steps` steps."""
    run = training.prepare(0)
    with pytest.raises(StoppedError):
        run.stages[0].run(StopAfter(steps))
    return run


def packed(run):
    return run.packed(RunState())


def tensors(state):
    """Returns all tensors of a nested state, in order."""
    if isinstance(state, torch.Tensor):
        return [state]
    members = state.values() if isinstance(state, dict) else state if isinstance(state, (list, tuple)) else ()
    return [each for member in members for each in tensors(member)]


def test_a_checkpoint_restores_values_and_strides_of_all_tensors(trainer):
    training = trainer(**CONVOLUTIONAL)
    run, again = stepped(training), training.prepare(0)
    again.resume(packed(run))
    before, after = tensors(run.stages[0].state()), tensors(again.stages[0].state())
    assert len(before) == len(after) > 20
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert [each.stride() for each in before] == [each.stride() for each in after]
    assert again.steps_done == 2


def test_reading_a_checkpoint_executes_no_code(trainer):
    class RunsCode:
        def __reduce__(self):
            return pytest.fail, ("code ran",)

    buffer = io.BytesIO()
    torch.save({"format": RunsCode()}, buffer)
    with pytest.raises(InvalidCheckpointError, match="UnpicklingError"):
        trainer().prepare(0).resume(buffer.getvalue())


@pytest.mark.parametrize("error", [OverflowError, KeyError, RecursionError, UnicodeError])
def test_what_the_reader_of_a_damaged_checkpoint_raises_makes_it_invalid(error, monkeypatch):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(torch, "load", fail)
    with pytest.raises(InvalidCheckpointError, match=error.__name__):
        unpack(b"damaged")


@pytest.mark.parametrize(
    "other", [{"MLPWidths": [17]}, {"Optimizer": "AdamW"}, {"EMADecay": 0.5}, {"BatchSize": 8}, {"Model": "resnet8"}]
)
def test_the_checkpoint_of_another_experiment_is_refused(trainer, other):
    payload = packed(stepped(trainer(**other)))
    with pytest.raises(InvalidCheckpointError):
        trainer().prepare(0).resume(payload)


def test_a_checkpoint_whose_steps_and_epochs_disagree_is_refused(trainer):
    run = stepped(trainer())
    run.stages[0].learner.steps_done += 1
    with pytest.raises(InvalidCheckpointError, match="3 steps, and 2 by its epochs"):
        trainer().prepare(0).resume(packed(run))


@pytest.mark.parametrize("payload", [b"", b"nonsense", b"PK\x03\x04 torn"])
def test_an_unreadable_checkpoint_is_logged_and_the_run_starts_again(stopped, trainer, uninterrupted, payload, caplog):
    stopped.entry.work(0).checkpoints.save(7, payload)
    trainer().result()
    assert [record.message.partition(" of ")[0] for record in caplog.records] == ["the checkpoint"]
    assert "starts from the first step" in log(stopped.entry)
    assert "begins: 2 epochs of 4 steps" in log(stopped.entry).partition("from the first step")[2]
    assert weights(stopped.entry) == weights(uninterrupted)


def test_an_unreadable_checkpoint_is_discarded(stopped, trainer, uninterrupted):
    stopped.entry.work(0).checkpoints.save(7, b"nonsense")
    watcher = StopAfterEach(2)
    again = trainer()
    again.settings = dataclasses.replace(again.settings, watcher=watcher, requests=watcher.requests)
    with pytest.raises(StoppedError, match="resumes it from step 2"):
        again.result()
    assert stopped.entry.work(0).checkpoints.newest().step == 2
    trainer().result()
    assert weights(stopped.entry) == weights(uninterrupted)


@pytest.mark.parametrize(
    "message", ["CUDA out of memory. Tried to allocate 2.00 GiB", "CUDA error: unspecified launch"]
)
def test_a_checkpoint_is_kept_when_the_device_fails(stopped, trainer, uninterrupted, message, monkeypatch):
    def load(*_):
        raise RuntimeError(message)

    with monkeypatch.context() as other:
        other.setattr(Learner, "load", load)
        with pytest.raises(RuntimeError, match=message):
            trainer().result()
    trainer().result()
    assert "resumes: 0 of 2 epochs and 3 of 8 steps are done" in log(stopped.entry)
    assert weights(stopped.entry) == weights(uninterrupted)


def test_a_checkpoint_of_another_version_of_a_component_is_not_used(stopped, trainer, monkeypatch):
    changed = {**stopped.config.versions, "Model": 2}
    monkeypatch.setattr(Config, "versions", changed)
    trainer().result()
    assert "the versions of its components are not the current ones); the run starts from the first step" in log(
        stopped.entry
    )


def test_other_data_of_the_same_name_are_refused_and_the_old_data_accepted(
    stopped, trainer, uninterrupted, monkeypatch
):
    original = ImageTrainer.load_dataset
    with monkeypatch.context() as other:
        other.setattr(ImageTrainer, "load_dataset", lambda self: dataclasses.replace(original(self), digest="f" * 64))
        with pytest.raises(DataError, match="started earlier"):
            trainer().result()
    trainer().result()
    assert "resumes: 0 of 2 epochs and 3 of 8 steps are done" in log(stopped.entry)
    assert weights(stopped.entry) == weights(uninterrupted)


def test_a_run_resumed_with_another_thread_count_records_both(stopped, trainer):
    threads = torch.get_num_threads()
    torch.set_num_threads(threads + 1)
    try:
        result = trainer().result()
    finally:
        torch.set_num_threads(threads)
    sessions = stopped.entry.run(0).provenance["sessions"]
    assert [(each["threads"], each["from_step"]) for each in sessions] == [(threads, 0), (threads + 1, 3)]
    assert result.unlike == {"threads": (threads, threads + 1)}
    assert "computed with different threads" in log(stopped.entry)


def test_a_run_resumed_on_the_same_machine_records_no_difference(stopped, trainer):
    result = trainer().result()
    assert "sessions" not in stopped.entry.run(0).provenance
    assert result.unlike == {}


def test_a_run_counts_its_attempts_and_adds_their_seconds(stopped, trainer):
    checkpoints = stopped.entry.work(0).checkpoints
    state = torch.load(io.BytesIO(checkpoints.newest().payload), weights_only=True)
    state["stages"][0]["epoch_seconds"] = 1000.0
    state["times"] = {"seconds": 3000.0, "device_seconds": 2000.0}
    buffer = io.BytesIO()
    torch.save(state, buffer)
    checkpoints.save(4, buffer.getvalue())
    trainer().result()
    run = stopped.entry.run(0)
    assert run.provenance["attempts"] == 2
    found = [run.epochs[0].seconds, run.epochs[1].seconds, run.provenance["device_seconds"], run.seconds]
    assert [seconds // 1000 for seconds in found] == [1, 0, 2, 3]


def test_a_checkpoint_that_fails_while_it_is_restored_has_no_effect_on_the_run(trainer, uninterrupted):
    training = trainer()
    run = stepped(training, 3)
    run.stages[0].learner.steps_done += 1
    training.entry.open(training.config)
    training.entry.work(0).checkpoints.save(4, packed(run))
    training.result()
    assert "starts from the first step" in log(training.entry)
    assert weights(training.entry) == weights(uninterrupted)


def test_a_run_that_is_stopped_before_its_next_step_writes_no_checkpoint(stopped, trainer):
    again = trainer()
    lease = again.entry.take(0)
    again.settings.requests.stop()
    with pytest.raises(StoppedError, match="at step 3 of 8; the same command resumes it from step 3"):
        again.make_run(lease)
    assert stopped.entry.work(0).log.read_text().count("checkpoint at step 3") == 1
