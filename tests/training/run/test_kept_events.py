"""TensorBoard events are kept with the run that wrote them, where they are wanted."""

import dataclasses
import sys

import pytest

from Arch.callbacks import Requests, SilentWatcher
from Arch.errors import StoppedError, TrainingError


class Diary(SilentWatcher):
    def __init__(self):
        self.lines = []

    def run_started(self, title, run, epochs, steps):
        self.lines.append(("started", run, epochs, steps))

    def step_done(self):
        self.lines.append("step")

    def epoch_done(self, epoch):
        self.lines.append(("epoch", epoch.number))

    def run_finished(self, scores, seconds):
        self.lines.append("finished")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_events_are_kept_with_the_run_each_once_however_often_it_was_left(trainer):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    class Leaving(SilentWatcher):
        def __init__(self):
            self.requests = Requests()

        def epoch_done(self, epoch):
            self.requests.stop()

    for _ in range(3):
        training = trainer(TensorBoard=True, NumEpochs=4)
        watcher = Leaving()
        training.settings = dataclasses.replace(training.settings, watcher=watcher, requests=watcher.requests)
        with pytest.raises(StoppedError):
            training.result()
        assert training.entry.work(0).events.is_dir()
    trainer(TensorBoard=True, NumEpochs=4).result()
    read = EventAccumulator(str(training.entry.run_folder(0) / "events")).Reload()
    assert [scalar.step for scalar in read.Scalars("train/loss")] == [1, 2, 3, 4]
    losses = [epoch.train["loss"] for epoch in training.entry.run(0).epochs]
    assert [scalar.value for scalar in read.Scalars("train/loss")] == pytest.approx(losses)


def test_events_that_are_wanted_no_more_are_not_kept(trainer):
    training = trainer()
    training.entry.work(0).events.mkdir(parents=True)
    (training.entry.work(0).events / "events.out").write_bytes(b"of an earlier attempt")
    training.result()
    assert not (training.entry.run_folder(0) / "events").exists()


def test_events_without_tensorboard_fail_before_anything_is_trained(trainer, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    diary = Diary()
    training = trainer(diary, TensorBoard=True)
    with pytest.raises(TrainingError, match="pip install tensorboard"):
        training.result()
    assert (diary.lines, training.entry.work(0).failure().error) == ([], "TrainingError")
