"""Oracles: the runs on disk, and a second computation of the same numbers."""

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
from tests.training.recorder import Recorder

DROPPING = {"MLPDropout": 0.3, "DataAugmentation": True, "CropPadding": 1, "Validation": 0.25}


def numbers(run):
    return [(epoch.number, epoch.train, epoch.test, epoch.validation, epoch.learning_rate) for epoch in run.epochs]


def test_constructing_a_trainer_does_nothing(trainer, store):
    trainer(MLPWidths=[3])
    assert not store.root.exists()


def test_a_second_call_trains_nothing(trainer):
    first = trainer().result()
    recorder = Recorder()
    assert trainer(recorder).result() == first
    assert recorder.lines == []


def test_a_request_for_more_runs_adds_the_missing_ones(trainer):
    trainer().result()
    entry = trainer().entry
    before = (entry.path / "Runs" / "000" / "Run.json").read_bytes()
    recorder = Recorder()
    result = trainer(recorder, NumRuns=3).result()
    assert [line[1] for line in recorder.lines if line[0] == "started"] == [1, 2]
    assert sorted(result.scores) == [0, 1, 2]
    assert (entry.path / "Runs" / "000" / "Run.json").read_bytes() == before


def test_a_run_that_is_added_later_has_the_same_numbers(trainer, resolver, tmp_path):
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


def test_a_run_restores_the_global_generator(trainer):
    before = torch.random.get_rng_state()
    trainer(**DROPPING).result()
    assert torch.equal(torch.random.get_rng_state(), before)


def test_initial_weights_come_from_the_stream_of_the_run(trainer, data):
    training = trainer(NumRuns=2, LearningRate=1e-30, WeightDecay=0.0)
    training.result()
    for run in (0, 1):
        fresh = build("MLP", data.shape, 4, seed=Streams(0, run).initialisation, widths=(16,), dropout=0.0)
        found = TrainedNetwork(training.config, training.entry, run).load()
        torch.testing.assert_close(found.state_dict(), fresh.state_dict(), rtol=0, atol=1e-20)


def test_dropout_has_a_stream_of_its_own(trainer):
    class Listener(SilentWatcher):
        seeds = set()

        def step_done(self):
            self.seeds.add(torch.initial_seed())

    trainer(Listener(), MLPDropout=0.5, NumRuns=2).result()
    assert Listener.seeds == {Streams(0, 0).dropout, Streams(0, 1).dropout}


def test_the_watcher_is_called_at_every_step_and_epoch(trainer):
    recorder = Recorder()
    trainer(recorder).result()  # 65 samples in batches of 16: three full ones and one of 17
    epoch = ["step"] * 4
    assert recorder.lines == [("started", 0, 2, 4), *epoch, ("epoch", 1), *epoch, ("epoch", 2), "finished"]


def test_a_loss_that_is_not_finite_fails_the_run_and_names_the_epoch(trainer):
    exploding = trainer(LearningRate=1e30, NumEpochs=3, EvalInterval=3)
    with pytest.raises(NonFiniteLossError, match=r"run 0 was not finite in epoch 1") as caught:
        exploding.result()
    assert (caught.value.run, caught.value.epoch) == (0, 1)
    assert exploding.entry.run_indices() == ()


def test_weights_that_are_not_finite_after_the_last_step_fail_the_run(trainer):
    exploding = trainer(LearningRate=1e38, NumEpochs=1, BatchSize=65)  # the only loss is that of the first weights
    with pytest.raises(NonFiniteLossError, match="epoch 1"):
        exploding.result()
    assert exploding.entry.run_indices() == ()


def test_only_evaluated_epochs_have_scores_and_the_last_gives_those_of_the_run(trainer):
    training = trainer(NumEpochs=5, EvalInterval=2)
    training.result()
    run = training.entry.run(0)
    assert [epoch.number for epoch in run.epochs if epoch.test] == [2, 4, 5]
    assert run.scores == run.epochs[-1].test


def test_the_validation_split_chooses_a_best_epoch_whose_weights_are_saved(trainer):
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


def test_a_choice_on_the_test_split_is_recorded(trainer):
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


def test_scores_are_over_all_test_samples(trainer):
    result = trainer(SyntheticSamples=148).result()  # 37 test samples
    assert (result.scores[0]["accuracy"] * 37) == pytest.approx(round(result.scores[0]["accuracy"] * 37))


@pytest.mark.parametrize("keys", [{"Nesterov": True, "Momentum": 0.0}, {"WeightDecay": -0.5}, {"UseCELoss": False}])
def test_a_contradictory_config_leaves_a_failure_and_no_run(trainer, keys):
    training = trainer(**keys)
    with pytest.raises(ConfigError) as caught:
        training.result()
    attempt = attempt_at(training.entry.work(0))
    assert (attempt.state, attempt.failure.message) == ("failed", str(caught.value))
    assert training.entry.run_indices() == ()


def test_a_missing_device_is_refused_before_anything_is_written(trainer, store):
    training = trainer()
    training.settings = dataclasses.replace(training.settings, device="cuda:99")
    with pytest.raises(TrainingError, match="no device"):
        training.result()
    assert not store.root.exists()


def test_no_run_is_added_to_runs_of_other_data(trainer, monkeypatch):
    trainer().result()
    original = ImageTrainer.load_dataset
    monkeypatch.setattr(ImageTrainer, "load_dataset", lambda self: dataclasses.replace(original(self), digest="f" * 64))
    with pytest.raises(DataError, match="those of run 0"):
        trainer(NumRuns=2).result()
    assert trainer().entry.run_indices() == (0,)
