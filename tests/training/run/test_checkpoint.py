"""Oracles: the run left alone, and tensors compared with themselves before they were packed."""

import dataclasses
import io

import pytest
import torch

from Arch.callbacks import Requests, SilentWatcher
from Arch.config.config import Config
from Arch.errors import DataError, StoppedError
from Arch.training.fit.learner import Learner
from Arch.training.run.checkpoint import UnfitCheckpointError
from Arch.training.run.state import RunState
from Arch.training.trainers.image_trainer import ImageTrainer

CONVOLUTIONAL = {"Model": "resnet8", "Optimizer": "AdamW", "EMADecay": 0.5}


class StopAt(SilentWatcher):
    def __init__(self, step):
        self.requests, self.left = Requests(), step

    def step_done(self):
        self.left -= 1
        if self.left == 0:
            self.requests.stop()


@pytest.fixture
def left(trainer):
    """A run that was left after its third step of eight, and its trainer."""
    watcher = StopAt(3)
    training = trainer()
    training.settings = dataclasses.replace(training.settings, watcher=watcher, requests=watcher.requests)
    with pytest.raises(StoppedError, match="at step 3 of 8; the same command goes on from step 3"):
        training.result()
    return training


@pytest.fixture
def alone(trainer, tmp_path):
    training = trainer()
    training.entry = dataclasses.replace(training.entry, path=tmp_path / "alone" / training.entry.fingerprint)
    training.result()
    return training.entry


def weights(entry):
    return entry.weights(0, "Last").read_bytes()


def log(entry):
    return (entry.run_folder(0) / "log.txt").read_text()


class LeaveAt:
    """A monitor that leaves a stage after some steps."""

    def __init__(self, steps):
        self.left = steps

    def step_done(self):
        self.left -= 1
        if not self.left:
            raise StoppedError("after some steps")

    def epoch_done(self, epoch):
        pass


def stepped(training, steps=2):
    """A run after some steps."""
    run = training.prepare(0)
    with pytest.raises(StoppedError):
        run.stages[0].run(LeaveAt(steps))
    return run


def packed(run):
    return run.packed(RunState())


def tensors(state):
    """All tensors in nested state, in order."""
    if isinstance(state, torch.Tensor):
        return [state]
    members = state.values() if isinstance(state, dict) else state if isinstance(state, (list, tuple)) else ()
    return [each for member in members for each in tensors(member)]


def test_what_is_unpacked_is_what_was_packed_value_by_value_and_stride_by_stride(trainer):
    training = trainer(**CONVOLUTIONAL)
    run, again = stepped(training), training.prepare(0)
    again.resume(packed(run))
    before, after = tensors(run.stages[0].state()), tensors(again.stages[0].state())
    assert len(before) == len(after) > 20
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert [each.stride() for each in before] == [each.stride() for each in after]
    assert again.steps_done == 2


def test_no_code_runs_when_a_checkpoint_is_read(trainer):
    class Bomb:
        def __reduce__(self):
            return pytest.fail, ("code ran",)

    buffer = io.BytesIO()
    torch.save({"format": Bomb()}, buffer)
    with pytest.raises(UnfitCheckpointError, match="UnpicklingError"):
        trainer().prepare(0).resume(buffer.getvalue())


@pytest.mark.parametrize(
    "other", [{"MLPWidths": [17]}, {"Optimizer": "AdamW"}, {"EMADecay": 0.5}, {"BatchSize": 8}, {"Model": "resnet8"}]
)
def test_the_checkpoint_of_another_experiment_is_refused(trainer, other):
    payload = packed(stepped(trainer(**other)))
    with pytest.raises(UnfitCheckpointError):
        trainer().prepare(0).resume(payload)


def test_a_checkpoint_whose_steps_and_epochs_disagree_is_refused(trainer):
    run = stepped(trainer())
    run.stages[0].learner.steps_done += 1
    with pytest.raises(UnfitCheckpointError, match="3 steps, and 2 by its epochs"):
        trainer().prepare(0).resume(packed(run))


@pytest.mark.parametrize("payload", [b"", b"nonsense", b"PK\x03\x04 torn"])
def test_an_unreadable_checkpoint_is_told_and_the_run_starts_afresh(left, trainer, alone, payload, caplog):
    left.entry.work(0).checkpoints.save(7, payload)
    trainer().result()
    assert [record.message.partition(" of ")[0] for record in caplog.records] == ["the checkpoint"]
    assert "starts afresh" in log(left.entry)
    assert "begins: 2 epochs of 4 steps" in log(left.entry).partition("afresh")[2]
    assert weights(left.entry) == weights(alone)


def test_after_a_fresh_start_the_old_checkpoint_never_returns(left, trainer, alone):
    left.entry.work(0).checkpoints.save(7, b"nonsense")
    watcher = StopAt(2)
    again = trainer()
    again.settings = dataclasses.replace(again.settings, watcher=watcher, requests=watcher.requests)
    with pytest.raises(StoppedError, match="goes on from step 2"):
        again.result()
    assert left.entry.work(0).checkpoints.newest().step == 2
    trainer().result()
    assert weights(left.entry) == weights(alone)


@pytest.mark.parametrize("words", ["CUDA out of memory. Tried to allocate 2.00 GiB", "CUDA error: unspecified launch"])
def test_a_checkpoint_outlives_a_device_that_has_no_room_for_it(left, trainer, alone, words, monkeypatch):
    def load(*_):
        raise RuntimeError(words)

    with monkeypatch.context() as other:
        other.setattr(Learner, "load", load)
        with pytest.raises(RuntimeError, match=words):
            trainer().result()
    trainer().result()
    assert "goes on: 0 of 2 epochs and 3 of 8 steps are done" in log(left.entry)
    assert weights(left.entry) == weights(alone)


def test_a_checkpoint_of_another_version_of_a_component_is_not_gone_on_from(left, trainer, monkeypatch):
    changed = {**left.config.versions, "Model": 2}
    monkeypatch.setattr(Config, "versions", changed)
    trainer().result()
    assert "its versions are not what they are now); the run starts afresh" in log(left.entry)


def test_other_data_under_the_same_name_are_refused_and_the_old_ones_go_on(left, trainer, alone, monkeypatch):
    honest = ImageTrainer.load_dataset
    with monkeypatch.context() as other:
        other.setattr(ImageTrainer, "load_dataset", lambda self: dataclasses.replace(honest(self), digest="f" * 64))
        with pytest.raises(DataError, match="begun earlier"):
            trainer().result()
    trainer().result()
    assert "goes on: 0 of 2 epochs and 3 of 8 steps are done" in log(left.entry)
    assert weights(left.entry) == weights(alone)


def test_a_run_that_goes_on_with_other_threads_says_so(left, trainer):
    threads = torch.get_num_threads()
    torch.set_num_threads(threads + 1)
    try:
        result = trainer().result()
    finally:
        torch.set_num_threads(threads)
    sessions = left.entry.run(0).provenance["sessions"]
    assert [(each["threads"], each["from_step"]) for each in sessions] == [(threads, 0), (threads + 1, 3)]
    assert result.unlike == {"threads": (threads, threads + 1)}
    assert "made with another threads" in log(left.entry)


def test_a_run_whose_sessions_are_alike_has_nothing_unlike(left, trainer):
    result = trainer().result()
    assert "sessions" not in left.entry.run(0).provenance
    assert result.unlike == {}


def test_a_run_counts_its_attempts_and_the_seconds_of_all_of_them(left, trainer):
    checkpoints = left.entry.work(0).checkpoints
    state = torch.load(io.BytesIO(checkpoints.newest().payload), weights_only=True)
    state["stages"][0]["epoch_seconds"] = 1000.0
    state["times"] = {"seconds": 3000.0, "device_seconds": 2000.0}
    buffer = io.BytesIO()
    torch.save(state, buffer)
    checkpoints.save(4, buffer.getvalue())
    trainer().result()
    run = left.entry.run(0)
    assert run.provenance["attempts"] == 2
    found = [run.epochs[0].seconds, run.epochs[1].seconds, run.provenance["device_seconds"], run.seconds]
    assert [seconds // 1000 for seconds in found] == [1, 0, 2, 3]


def test_a_checkpoint_that_fails_half_way_leaves_nothing_of_itself_in_the_run(trainer, alone):
    training = trainer()
    run = stepped(training, 3)
    run.stages[0].learner.steps_done += 1
    training.entry.open(training.config)
    training.entry.work(0).checkpoints.save(4, packed(run))
    training.result()
    assert "starts afresh" in log(training.entry)
    assert weights(training.entry) == weights(alone)


def test_a_run_that_is_left_again_at_once_is_not_written_again(left, trainer):
    again = trainer()
    lease = again.entry.take(0)
    again.settings.requests.stop()
    with pytest.raises(StoppedError, match="at step 3 of 8; the same command goes on from step 3"):
        again.make_run(lease)
    assert left.entry.work(0).log.read_text().count("checkpoint at step 3") == 1
