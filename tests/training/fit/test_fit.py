"""Oracles: the epochs of the fit, and arrays that count the evaluations."""

import pytest
import torch
from safetensors.torch import load_file

from Arch.errors import StoppedError
from Arch.training.scores import Array, Scores
from Arch.training.trainers.kd_trainer import KDTrainer
from Arch.types import ArrayInfo


class StopAfterEpoch:
    """A monitor that stops a stage after some epochs; 0: never."""

    def __init__(self, epochs=0):
        self.epochs = epochs

    def step_done(self):
        pass

    def epoch_done(self, epoch):
        if epoch.number == self.epochs:
            raise StoppedError("after some epochs")


class CountingTrainer(KDTrainer):
    """A trainer whose evaluations return their number as an array."""

    headline = "count"
    evaluations = 0

    def evaluate(self, model, dataset, split="test"):
        self.evaluations += 1
        count = torch.tensor([float(self.evaluations)])
        return Scores({"count": count.item()}, {"counts": Array(count, ArrayInfo(("evaluation",), "number so far"))})


@pytest.fixture
def counting(trainer):
    def make(**keys):
        like = trainer(**keys)
        return CountingTrainer(like.config, like.entry, like.settings)

    return make


def test_before_the_first_epoch_there_are_no_scores(trainer):
    reached = trainer().prepare(0).stages[0].reached()
    assert (dict(reached.scores), reached.epoch, reached.epochs) == ({}, 0, 2)


def test_progress_has_the_latest_loss_and_the_latest_evaluated_headline(trainer):
    run = trainer(NumEpochs=5, EvalInterval=2).prepare(0)
    (fit,) = run.stages
    with pytest.raises(StoppedError):
        fit.run(StopAfterEpoch(3))
    reached = fit.reached()
    assert reached.scores["loss"] == fit.epochs[2].train["loss"]
    assert reached.scores[run.headline] == fit.epochs[1].test[run.headline]
    assert (reached.epoch, reached.epochs) == (3, 5)


def test_past_and_coming_evaluations_are_counted_for_the_time_that_is_left(trainer):
    (fit,) = trainer(NumEpochs=5, EvalInterval=2).prepare(0).stages  # evaluates after epochs 2, 4 and 5
    assert (fit.reached().evaluations, fit.reached().evaluations_left) == (0, 3)
    with pytest.raises(StoppedError):
        fit.run(StopAfterEpoch(3))
    (again,) = trainer(NumEpochs=5, EvalInterval=2).prepare(0).stages
    again.load(fit.state())
    for each in (fit.reached(), again.reached()):
        assert (each.evaluations, each.evaluations_left) == (1, 2)
        assert each.seconds == pytest.approx(sum(epoch.seconds for epoch in fit.epochs))


def test_the_headline_of_a_trainer_appears_in_the_progress(counting):
    (fit,) = counting().prepare(0).stages
    fit.run(StopAfterEpoch())
    assert fit.reached().scores["count"] == 2.0


def test_the_outcome_has_the_arrays_of_the_last_evaluation(counting):
    (fit,) = counting(NumEpochs=3).prepare(0).stages
    fit.run(StopAfterEpoch())
    assert fit.outcome().arrays["counts"].values.tolist() == [3.0]


def test_a_run_saves_the_arrays_of_its_last_evaluation(counting):
    training = counting()
    training.result()
    saved = load_file(training.entry.run_folder(0) / "Arrays.safetensors")
    assert saved["counts"].tolist() == [2.0]
    assert training.entry.run(0).arrays["counts"] == ArrayInfo(("evaluation",), "number so far")
    assert training.entry.run(0).scores["count"] == 2.0
