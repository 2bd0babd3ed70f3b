"""Oracles: the runs on disk, and the same numbers again."""

import dataclasses

import pytest
import torch

from Arch.cache.attempts.attempt import attempt_at
from Arch.callbacks import SilentWatcher
from Arch.errors import ConfigError, DataError, NonFiniteLossError, TrainingError
from Arch.models.build import build
from Arch.training.networks.trained import TrainedNetwork
from Arch.training.streams import Streams
from Arch.training.trainers.image_trainer import ImageTrainer

DROPPING = {"MLPDropout": 0.3, "DataAugmentation": True, "CropPadding": 1, "Validation": 0.25}


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


def numbers(run):
    return [(epoch.number, epoch.train, epoch.test, epoch.validation, epoch.learning_rate) for epoch in run.epochs]


def test_constructing_a_trainer_does_nothing(trainer, store):
    trainer(MLPWidths=[3])
    assert not store.root.exists()


def test_a_second_call_trains_nothing(trainer):
    first = trainer().result()
    diary = Diary()
    assert trainer(diary).result() == first
    assert diary.lines == []


def test_asking_for_more_runs_adds_those_that_are_missing(trainer):
    trainer().result()
    entry = trainer().entry
    before = (entry.path / "Runs" / "000" / "Run.json").read_bytes()
    diary = Diary()
    result = trainer(diary, NumRuns=3).result()
    assert [line[1] for line in diary.lines if line[0] == "started"] == [1, 2]
    assert sorted(result.scores) == [0, 1, 2]
    assert (entry.path / "Runs" / "000" / "Run.json").read_bytes() == before


def test_a_run_added_later_is_the_run_it_would_have_been(trainer, resolver, tmp_path):
    trainer().result()
    trainer(NumRuns=2).result()
    added = trainer().entry.run(1)
    fresh = trainer(NumRuns=2)
    fresh.entry = dataclasses.replace(fresh.entry, path=tmp_path / "other" / fresh.entry.fingerprint)
    fresh.result()
    assert numbers(fresh.entry.run(1)) == numbers(added)
    assert numbers(fresh.entry.run(0)) != numbers(added)


@pytest.mark.parametrize(
    "keys", [DROPPING, {**DROPPING, "Model": "resnet8"}, {"VanillaKD": True, "Teacher": "resnet8", "EMADecay": 0.5}]
)
def test_the_same_config_gives_the_same_numbers_bit_for_bit(trainer, tmp_path, keys):
    if keys.get("Model") == "resnet8":
        keys = {key: value for key, value in keys.items() if key != "MLPDropout"}
    once = trainer(**keys)
    once.result()
    torch.rand(1000)
    again = trainer(**keys)
    again.entry = dataclasses.replace(again.entry, path=tmp_path / "other" / again.entry.fingerprint)
    again.result()
    assert numbers(again.entry.run(0)) == numbers(once.entry.run(0))
    first, second = (TrainedNetwork(each.config, each.entry).load().state_dict() for each in (once, again))
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_training_leaves_the_global_generator_alone(trainer):
    before = torch.random.get_rng_state()
    trainer(**DROPPING).result()
    assert torch.equal(torch.random.get_rng_state(), before)


def test_each_run_starts_from_weights_of_its_own_stream(trainer, data):
    training = trainer(NumRuns=2, LearningRate=1e-30, WeightDecay=0.0)
    training.result()
    for run in (0, 1):
        fresh = build("MLP", data.shape, 4, seed=Streams(0, run).initialisation, widths=(16,), dropout=0.0)
        found = TrainedNetwork(training.config, training.entry, run).load()
        torch.testing.assert_close(found.state_dict(), fresh.state_dict(), rtol=0, atol=1e-20)


def test_dropout_draws_from_a_stream_of_its_own(trainer):
    class Listener(SilentWatcher):
        seeds = set()

        def step_done(self):
            self.seeds.add(torch.initial_seed())

    trainer(Listener(), MLPDropout=0.5, NumRuns=2).result()
    assert Listener.seeds == {Streams(0, 0).dropout, Streams(0, 1).dropout}


def test_the_watcher_hears_of_every_step_and_epoch(trainer):
    diary = Diary()
    trainer(diary).result()  # 65 samples in batches of 16: three full ones and one of 17
    epoch = ["step"] * 4
    assert diary.lines == [("started", 0, 2, 4), *epoch, ("epoch", 1), *epoch, ("epoch", 2), "finished"]


def test_a_loss_that_is_not_finite_fails_the_run_with_its_epoch_and_keeps_nothing(trainer):
    exploding = trainer(LearningRate=1e30, NumEpochs=3, EvalInterval=3)
    with pytest.raises(NonFiniteLossError, match=r"run 0 was not finite in epoch 1") as caught:
        exploding.result()
    assert (caught.value.run, caught.value.epoch) == (0, 1)
    assert exploding.entry.run_indices() == ()


def test_weights_that_the_last_step_ruined_fail_the_run_as_well(trainer):
    exploding = trainer(LearningRate=1e38, NumEpochs=1, BatchSize=65)  # the only loss is that of the first weights
    with pytest.raises(NonFiniteLossError, match="epoch 1"):
        exploding.result()
    assert exploding.entry.run_indices() == ()


def test_epochs_between_evaluations_have_no_scores_and_the_headline_is_the_last_epoch(trainer):
    training = trainer(NumEpochs=5, EvalInterval=2)
    training.result()
    run = training.entry.run(0)
    assert [epoch.number for epoch in run.epochs if epoch.test] == [2, 4, 5]
    assert run.scores == run.epochs[-1].test


def test_a_validation_split_chooses_a_best_epoch_whose_weights_are_kept(trainer):
    training = trainer(NumEpochs=6, Validation=0.25, LearningRate=0.5)
    training.result()
    run = training.entry.run(0)
    best = max(run.epochs, key=lambda epoch: (epoch.validation["accuracy"], -epoch.number))
    assert run.scores["best_epoch"] == best.number
    assert run.scores["best_accuracy"] == best.test["accuracy"]
    found = training.evaluate(
        TrainedNetwork(training.config, training.entry, weights="Best").load(), training.load_dataset()
    ).numbers
    assert found["nll"] == pytest.approx(best.test["nll"], rel=1e-6)


def test_choosing_on_the_test_set_is_recorded_as_such(trainer):
    training = trainer(Select="test", NumEpochs=4)
    training.result()
    run = training.entry.run(0)
    assert run.scores["selected_on_test"] == 1.0
    assert run.scores["best_accuracy"] == max(epoch.test["accuracy"] for epoch in run.epochs)


def test_the_averaged_weights_are_evaluated_and_saved(trainer):
    training = trainer(EMADecay=0.9)
    training.result()
    network = TrainedNetwork(training.config, training.entry).load()
    found = training.evaluate(network, training.load_dataset()).numbers
    assert found["nll"] == pytest.approx(training.entry.run(0).scores["nll"], rel=1e-6)
    plain = trainer()
    plain.result()
    assert found["nll"] != pytest.approx(plain.entry.run(0).scores["nll"], rel=1e-6)


def test_a_run_counts_every_test_sample(trainer):
    result = trainer(SyntheticSamples=148).result()  # 37 test samples
    assert (result.scores[0]["accuracy"] * 37) == pytest.approx(round(result.scores[0]["accuracy"] * 37))


@pytest.mark.parametrize("keys", [{"Nesterov": True, "Momentum": 0.0}, {"WeightDecay": -0.5}, {"UseCELoss": False}])
def test_a_config_that_cannot_be_carried_out_leaves_its_failure_and_no_run(trainer, keys):
    training = trainer(**keys)
    with pytest.raises(ConfigError) as caught:
        training.result()
    attempt = attempt_at(training.entry.work(0))
    assert (attempt.state, attempt.failure.message) == ("failed", str(caught.value))
    assert training.entry.run_indices() == ()


def test_a_device_that_is_not_there_leaves_no_trace(trainer, store):
    training = trainer()
    training.settings = dataclasses.replace(training.settings, device="cuda:99")
    with pytest.raises(TrainingError, match="no device"):
        training.result()
    assert not store.root.exists()


def test_runs_are_not_added_to_those_of_other_data(trainer, monkeypatch):
    trainer().result()
    honest = ImageTrainer.load_dataset
    monkeypatch.setattr(ImageTrainer, "load_dataset", lambda self: dataclasses.replace(honest(self), digest="f" * 64))
    with pytest.raises(DataError, match="those of run 0"):
        trainer(NumRuns=2).result()
    assert trainer().entry.run_indices() == (0,)
