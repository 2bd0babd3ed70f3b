"""Oracle: the same run, uninterrupted. Runs of several stages, interrupted after every step."""

import dataclasses

import pytest

from Arch.callbacks import SilentWatcher
from Arch.datasets.normalization import Normalizer
from Arch.errors import StoppedError
from Arch.training.engine import Engine
from Arch.training.fit.preparing import fit_of
from Arch.training.measuring.pass_stage import Pass
from Arch.training.measuring.predictions import Predictions
from Arch.training.run.checkpoint import InvalidCheckpointError
from Arch.training.run.state import RunState
from Arch.training.trainers.evaluation import Evaluation
from Arch.training.trainers.kd_trainer import KDTrainer
from tests.training.run.interruptions import StopAfterEach, files_of, record_of


class TwoFits(KDTrainer):
    """Fits a network twice, as FitNet does: first to hints, then to labels."""

    def stages(self, dataset, model, streams):
        def fit(name):
            objective = self.objective(dataset, model)
            found = fit_of(
                self.study, dataset, model, objective, streams, evaluate=self.evaluate, headline=self.headline
            )
            found.name = name
            return found

        return fit("hints"), fit("student")


class FitThenPass(KDTrainer):
    """Fits a network, then measures it in a pass over the test samples."""

    def stages(self, dataset, model, streams):
        (fit,) = super().stages(dataset, model, streams)
        normalizer = Normalizer.of(dataset.normalization, dataset.shape, self.engine.device)
        measurement = Predictions(model, self.engine, dataset.test, len(dataset.classes), keeps_logits=True)
        return fit, Pass(dataset.test, normalizer, self.engine, measurement)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(Engine, "evaluation_batch", 5)


@pytest.fixture
def stopped_every(trainer, tmp_path):
    """Makes run 0 in a new folder, stopping after every `stride` steps; returns its entry and the attempts."""

    def make(kind, stride, **keys):
        for attempt in range(1, 60):
            watcher = StopAfterEach(stride)
            like = trainer(**keys)
            settings = dataclasses.replace(like.settings, watcher=watcher, requests=watcher.requests)
            folder = tmp_path / f"stride {stride}" / like.entry.fingerprint
            study = kind(like.config, dataclasses.replace(like.entry, path=folder), settings, like.networks)
            try:
                study.result()
            except StoppedError:
                continue
            return study.entry, attempt
        raise AssertionError("it never ended")

    return make


CASES = {
    "two fits": (TwoFits, {"EMADecay": 0.5, "Validation": 0.25, "MLPDropout": 0.3}, 2 * 2 * 3),
    "a fit and a pass": (FitThenPass, {"MLPDropout": 0.3}, 2 * 4 + 4),
    "a pass": (Evaluation, {"Trainer": "Evaluation", "Network": "MLP", "KeepLogits": True}, 4),
}


@pytest.mark.parametrize("name", CASES)
def test_a_run_stopped_after_every_step_equals_the_uninterrupted_run(stopped_every, name):
    kind, keys, steps = CASES[name]
    uninterrupted, _ = stopped_every(kind, 0, **keys)
    stopped, attempts = stopped_every(kind, 1, **keys)
    assert attempts == steps + 1
    assert files_of(stopped) == files_of(uninterrupted)
    assert record_of(stopped) == record_of(uninterrupted)


def test_epochs_of_several_stages_have_the_names_of_their_stages(stopped_every):
    entry, _ = stopped_every(TwoFits, 0)
    found = [(epoch.stage, epoch.number) for epoch in entry.run(0).epochs]
    assert found == [("hints", 1), ("hints", 2), ("student", 1), ("student", 2)]
    log = (entry.run_folder(0) / "log.txt").read_text()
    assert "begins: hints: 2 epochs of 4 steps, then student: 2 epochs of 4 steps" in log
    assert "student: epoch 2/2" in log


def test_a_study_that_trains_nothing_saves_no_weights(stopped_every):
    entry, _ = stopped_every(Evaluation, 0, Trainer="Evaluation", Network="MLP")
    assert set(files_of(entry)) == {"Arrays.safetensors"}


def test_a_checkpoint_of_other_stages_is_refused(trainer):
    like = trainer()
    two = TwoFits(like.config, like.entry, like.settings).prepare(0)
    payload = two.packed(RunState(stage=1))
    with pytest.raises(InvalidCheckpointError, match="other stages"):
        like.prepare(0).resume(payload)


def test_a_watcher_that_fails_does_not_end_the_run(trainer):
    class Broken(SilentWatcher):
        def epoch_done(self, epoch):
            raise KeyError("accuracy")

    assert trainer(watcher=Broken()).result().n == 1
