"""TensorBoard events are committed with their run, if the config asks for them."""

import dataclasses
import sys

import pytest

from Arch.callbacks import Requests, SilentWatcher
from Arch.errors import StoppedError, TrainingError
from tests.training.recorder import Recorder


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_run_has_each_event_once_after_several_interruptions(trainer):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    class StopAfterEpoch(SilentWatcher):
        def __init__(self):
            self.requests = Requests()

        def epoch_done(self, epoch):
            self.requests.stop()

    for _ in range(3):
        training = trainer(TensorBoard=True, NumEpochs=4)
        watcher = StopAfterEpoch()
        training.settings = dataclasses.replace(training.settings, watcher=watcher, requests=watcher.requests)
        with pytest.raises(StoppedError):
            training.result()
        assert training.entry.work(0).events.is_dir()
    trainer(TensorBoard=True, NumEpochs=4).result()
    read = EventAccumulator(str(training.entry.run_folder(0) / "events")).Reload()
    assert [scalar.step for scalar in read.Scalars("train/loss")] == [1, 2, 3, 4]
    losses = [epoch.train["loss"] for epoch in training.entry.run(0).epochs]
    assert [scalar.value for scalar in read.Scalars("train/loss")] == pytest.approx(losses)


def test_events_of_an_earlier_attempt_are_removed_if_they_are_off_now(trainer):
    training = trainer()
    training.entry.work(0).events.mkdir(parents=True)
    (training.entry.work(0).events / "events.out").write_bytes(b"of an earlier attempt")
    training.result()
    assert not (training.entry.run_folder(0) / "events").exists()


def test_events_without_tensorboard_are_refused_before_the_first_step(trainer, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    recorder = Recorder()
    training = trainer(recorder, TensorBoard=True)
    with pytest.raises(TrainingError, match="pip install tensorboard"):
        training.result()
    assert (recorder.lines, training.entry.work(0).failure().error) == ([], "TrainingError")
