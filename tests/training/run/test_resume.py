"""Oracle: the same run, uninterrupted. One that is stopped after every step ends with the same bytes."""

import contextlib
import dataclasses
import io
import random

import numpy as np
import pytest
import torch
from torch import nn

from Arch.callbacks import Requests, SilentWatcher
from Arch.errors import StoppedError
from Arch.training.fit.objective import Objective, WeightedTerm
from Arch.training.fit.optimizers import OPTIMIZERS
from Arch.training.run import run_loop, starting
from Arch.training.trainers.kd_trainer import KDTrainer
from tests.training.run.interruptions import StopAfterEach, files_of, record_of

EVERYTHING = {
    "MLPDropout": 0.3,
    "DataAugmentation": True,
    "CropPadding": 1,
    "EMADecay": 0.7,
    "GradientClipping": 0.5,
    "Validation": 0.25,
    "NumEpochs": 3,
}
CYCLE = {"LRScheduler": "OneCycle", "MaxLR": 0.1}
QUICK = {
    "MLP": {},
    "a teacher": {"VanillaKD": True, "Teacher": "MLP", "Temperature": 2.0},
    "vectors": {"Dataset": "Spirals", "SpiralsRadii": 10, "EMADecay": 0.5},
}
SLOW = {
    "a teacher with BatchNorm": {"VanillaKD": True, "Teacher": "resnet8", "EMADecay": 0.5},
    "choosing on the test set": {"Select": "test", "NumEpochs": 3},
    "BatchNorm under OneCycle": {"Model": "resnet8", **CYCLE, "Validation": 0.25, "DataAugmentation": True},
    "vectors that are mixed": {
        "Dataset": "Spirals",
        "SpiralsRadii": 10,
        "DataAugmentation": True,
        "CropPadding": 0,
        "HorizontalFlip": False,
        "Mixup": 0.4,
    },
    "vectors in bfloat16": {"Dataset": "Spirals", "SpiralsRadii": 10, "Precision": "bfloat16", "Normalization": "None"},
    "bfloat16": {"Model": "resnet8", "Precision": "bfloat16", "EMADecay": 0.5},
    "a frozen backbone": {"Model": "resnet8", "PreTrained": True, "PreTrainedFrom": "resnet8", "EMADecay": 0.5},
    "a slow backbone": {
        "Model": "resnet8",
        "PreTrained": True,
        "PreTrainedFrom": "resnet8",
        "BackboneLRMultiplier": 0.1,
        "Optimizer": "AdamW",
        "GradientClipping": 0.5,
    },
    "evaluation now and then": {"NumEpochs": 3, "EvalInterval": 2},
    "every augmentation and a teacher": {
        "DataAugmentation": True,
        "CropPadding": 1,
        "RandAugment": 2,
        "Cutout": 2,
        "RandomErasing": 0.5,
        "Mixup": 0.4,
        "CutMix": 1.0,
        "MixProbability": 0.8,
        "VanillaKD": True,
        "Teacher": "MLP",
    },
    **{f"everything under {name}": {**EVERYTHING, "Optimizer": name} for name in OPTIMIZERS},
}


def with_ids(cases, *marks):
    return [pytest.param(keys, id=name, marks=marks) for name, keys in cases.items()]


@pytest.fixture
def stopped_every(trainer, tmp_path):
    """Makes run 0 in a new folder, stopping after every `stride` steps; returns its entry and the attempts."""

    def make(stride, device="cpu", **keys):
        for attempt in range(1, 40):
            watcher = StopAfterEach(stride)
            training = trainer(**keys)
            settings = {"watcher": watcher, "requests": watcher.requests, "device": device}
            training.settings = dataclasses.replace(training.settings, **settings)
            folder = tmp_path / f"stride {stride}" / training.entry.fingerprint
            training.entry = dataclasses.replace(training.entry, path=folder)
            try:
                training.result()
            except StoppedError:
                continue
            return training.entry, attempt
        raise AssertionError("it never ended")

    return make


@pytest.mark.parametrize("keys", [*with_ids(QUICK), *with_ids(SLOW, pytest.mark.slow)])
def test_a_run_stopped_after_every_step_equals_the_uninterrupted_run(stopped_every, keys):
    uninterrupted, _ = stopped_every(0, **keys)
    stopped, attempts = stopped_every(1, **keys)
    run = uninterrupted.run(0)
    assert attempts == len(run.epochs) * run.provenance["steps_per_epoch"] + 1
    assert files_of(stopped) == files_of(uninterrupted)
    assert record_of(stopped) == record_of(uninterrupted)


def test_a_run_stopped_after_every_third_step_equals_the_uninterrupted_run(stopped_every):
    uninterrupted, _ = stopped_every(0, **EVERYTHING)
    stopped, _ = stopped_every(3, **EVERYTHING)
    assert (files_of(stopped), record_of(stopped)) == (files_of(uninterrupted), record_of(uninterrupted))


class Noise(nn.Module):
    """A loss with a parameter, a counter and noise from one of the process's generators."""

    def __init__(self, draw):
        super().__init__()
        self.draw = draw
        self.scale = nn.Parameter(torch.tensor(1.0))
        self.register_buffer("calls", torch.tensor(0.0))

    def forward(self, batch, student, teacher):
        self.calls += 1
        logits = self.scale * student.logits * (1 + self.draw()) + 0.01 * self.calls
        return nn.functional.cross_entropy(logits, batch.labels)


@pytest.mark.parametrize("draw", [random.random, np.random.random, lambda: torch.rand(()), random.gauss])
def test_every_generator_is_restored(stopped_every, monkeypatch, draw):
    def objective(self, dataset, model):
        return Objective((WeightedTerm("noise", 1.0, Noise(lambda: draw(0, 1) if draw is random.gauss else draw())),))

    monkeypatch.setattr(KDTrainer, "objective", objective)
    uninterrupted, _ = stopped_every(0)
    stopped, _ = stopped_every(1)
    assert files_of(stopped) == files_of(uninterrupted)
    again, _ = stopped_every(100)
    assert files_of(again) == files_of(uninterrupted)


def test_a_run_restores_the_generators_of_python_and_numpy(trainer):
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002 - the global generator, which user code may use
    drawn = random.random(), np.random.random()  # noqa: NPY002
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    trainer().result()
    assert (random.random(), np.random.random()) == drawn  # noqa: NPY002


@pytest.mark.gpu
def test_on_a_gpu_a_run_stopped_after_every_step_equals_the_uninterrupted_run(stopped_every):
    keys = {**SLOW["BatchNorm under OneCycle"], "EMADecay": 0.5}
    uninterrupted, _ = stopped_every(0, "cuda", **keys)
    stopped, _ = stopped_every(1, "cuda", **keys)
    assert files_of(stopped) == files_of(uninterrupted)
    assert record_of(stopped) == record_of(uninterrupted)
    assert uninterrupted.run(0).provenance["driver"]


class EpochReader(SilentWatcher):
    """Reads the recorded epochs whenever one is finished; requests a stop after the third step of the next one."""

    def __init__(self, work, stops_after):
        self.work, self.stops_after, self.requests = work, stops_after, Requests()
        self.seen, self.steps = [], None

    def epoch_done(self, epoch):
        self.seen.append([each.number for each in self.work.epochs()])
        self.steps = 0 if epoch.number == self.stops_after else None

    def step_done(self):
        if self.steps is not None:
            self.steps += 1
            if self.steps == 3:
                self.requests.stop()


def read_epochs(trainer, stops_after):
    training = trainer(NumEpochs=4)
    watcher = EpochReader(training.entry.work(0), stops_after)
    training.settings = dataclasses.replace(training.settings, watcher=watcher, requests=watcher.requests)
    with contextlib.suppress(StoppedError):
        training.result()
    return training.entry, watcher.seen


def test_the_epochs_of_a_run_in_hand_can_be_read_and_none_is_there_twice(trainer):
    entry, seen = read_epochs(trainer, stops_after=2)
    assert seen == [[1], [1, 2]]
    for checkpoint in entry.work(0).folder.glob("checkpoint-*"):
        checkpoint.unlink()  # the next attempt repeats both epochs
    entry, seen = read_epochs(trainer, stops_after=3)
    assert seen == [[1], [1, 2], [1, 2, 3]]
    in_hand = entry.work(0).epochs()
    entry, seen = read_epochs(trainer, stops_after=0)
    assert seen == [[1, 2, 3, 4]]
    assert entry.run(0).epochs[:3] == in_hand
    assert not [path.name for path in entry.path.rglob("Epochs.jsonl")]


def test_a_run_records_when_its_first_session_began_and_when_it_ended(trainer, monkeypatch):
    hours = iter(range(100))
    for module in (starting, run_loop):
        monkeypatch.setattr(module, "utc_now", lambda: f"2026-01-31T{next(hours):02}:00:00Z")
    read_epochs(trainer, stops_after=1)
    began = next(hours)
    entry, _ = read_epochs(trainer, stops_after=0)
    ended = next(hours) - 1
    found = entry.run(0).provenance
    assert (found["begin"], found["end"]) == ("2026-01-31T00:00:00Z", f"2026-01-31T{ended:02}:00:00Z")
    assert 0 < began < ended


def test_a_checkpoint_without_a_beginning_takes_that_of_the_first_attempt(trainer):
    entry, _ = read_epochs(trainer, stops_after=1)
    checkpoints, since = entry.work(0).checkpoints, entry.work(0).claims()[0].since
    latest = checkpoints.newest()
    state = torch.load(io.BytesIO(latest.payload), weights_only=True)
    assert state.pop("begin")
    buffer = io.BytesIO()
    torch.save(state, buffer)
    checkpoints.save(latest.step + 0, buffer.getvalue())
    entry, _ = read_epochs(trainer, stops_after=0)
    assert entry.run(0).provenance["begin"] == since
