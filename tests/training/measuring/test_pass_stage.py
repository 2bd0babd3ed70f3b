"""Oracle: an uninterrupted pass over the same samples."""

import pytest

from Arch.datasets.normalization import Normalizer
from Arch.errors import StoppedError
from Arch.models.build import build
from Arch.training.engine import Engine
from Arch.training.measuring.pass_stage import Pass
from Arch.training.measuring.predictions import Predictions
from Arch.training.run.checkpoint import InvalidCheckpointError
from Arch.training.run.state import RunState


class StopAfter:
    """A monitor that stops a stage after some steps; 0: never."""

    def __init__(self, steps):
        self.left = steps

    def step_done(self):
        self.left -= 1
        if self.left == 0:
            raise StoppedError("after some steps")

    def epoch_done(self, epoch):
        raise AssertionError("a pass has no epochs")


@pytest.fixture
def make_pass(data, engine, monkeypatch):
    """Returns a pass over 65 samples in batches of a given size, always with the same network."""

    def make(batch_size, *, keeps_logits=False):
        monkeypatch.setattr(Engine, "evaluation_batch", batch_size)
        network = build("MLP", data.shape, 4, seed=0, widths=(8,), dropout=0.0)
        measurement = Predictions(network, engine, data.train, 4, keeps_logits=keeps_logits)
        return Pass(data.train, Normalizer.of(data.normalization, data.shape), engine, measurement)

    return make


def test_a_pass_counts_its_batches(make_pass):
    stage = make_pass(20)
    with pytest.raises(StoppedError):
        stage.run(StopAfter(3))
    assert (stage.steps, stage.steps_done, stage.plan) == (4, 3, "4 batches of 20 samples")
    assert stage.reached().text == "3 of 4 batches are done"


def test_a_resumed_pass_gives_the_scores_of_an_uninterrupted_one(make_pass):
    whole, interrupted, resumed = (make_pass(20) for _ in range(3))
    whole.run(StopAfter(0))
    with pytest.raises(StoppedError):
        interrupted.run(StopAfter(2))
    resumed.load(interrupted.state())
    resumed.run(StopAfter(0))
    assert resumed.outcome().scores == whole.outcome().scores


def test_the_state_of_another_batch_size_is_refused(make_pass):
    state = make_pass(20).state()
    with pytest.raises(ValueError, match="its batch_size is 20, not 30"):
        make_pass(30).load(state)


def test_the_state_of_a_pass_without_logits_is_refused_by_one_with_logits(make_pass):
    state = make_pass(20).state()
    with pytest.raises(ValueError, match="only one of the two keeps logits"):
        make_pass(20, keeps_logits=True).load(state)


def test_a_checkpoint_of_another_batch_size_does_not_fit_the_run(trainer, monkeypatch):
    evaluation = trainer(Trainer="Evaluation", Network="MLP")
    payload = evaluation.prepare(0).packed(RunState())
    monkeypatch.setattr(Engine, "evaluation_batch", 6)
    with pytest.raises(InvalidCheckpointError, match="ValueError: its batch_size is 256, not 6"):
        evaluation.prepare(0).resume(payload)
