"""Oracle: the same run left alone. One that is left after every single step ends with the same bytes."""

import dataclasses
import json
import random

import numpy as np
import pytest
import torch
from torch import nn

from Arch.callbacks import Requests, SilentWatcher
from Arch.errors import StoppedError
from Arch.training.fit.objective import Objective, WeightedTerm
from Arch.training.fit.optimizers import OPTIMIZERS
from Arch.training.trainers.kd_trainer import KDTrainer

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
CASES = {
    "MLP": {},
    "choosing on the test set": {"Select": "test", "NumEpochs": 3},
    "BatchNorm under OneCycle": {"Model": "resnet8", **CYCLE, "Validation": 0.25, "DataAugmentation": True},
    "a teacher": {"VanillaKD": True, "Teacher": "resnet8", "EMADecay": 0.5},
    "vectors": {"Dataset": "Spirals", "SpiralsRadii": 10, "EMADecay": 0.5},
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


class Impatient(SilentWatcher):
    """Asks for the end after every `stride`-th step."""

    def __init__(self, stride):
        self.stride, self.requests, self.steps = stride, Requests(), 0

    def step_done(self):
        self.steps += 1
        if self.stride and self.steps % self.stride == 0:
            self.requests.stop()


@pytest.fixture
def left_after(trainer, tmp_path):
    """Makes run 0 in a folder of its own, leaving it after every so many steps (0: never); gives entry and attempts."""

    def make(stride, device="cpu", **keys):
        for attempt in range(1, 40):
            watcher = Impatient(stride)
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


def bytes_of(entry):
    return {path.name: path.read_bytes() for path in entry.run_folder(0).glob("*.safetensors")}


def record_of(entry):
    """The whole Run.json but for how long things took and how often it was begun."""
    document = json.loads((entry.run_folder(0) / "Run.json").read_text())
    del document["Seconds"]
    for name in ("attempts", "device_seconds"):
        del document["Provenance"][name]
    for epoch in document["Epochs"]:
        del epoch["Seconds"]
    return document


@pytest.mark.parametrize("name", CASES)
def test_a_run_left_after_every_step_is_the_run_left_alone(left_after, name):
    alone, _ = left_after(0, **CASES[name])
    disturbed, attempts = left_after(1, **CASES[name])
    run = alone.run(0)
    assert attempts == len(run.epochs) * run.provenance["steps_per_epoch"] + 1
    assert bytes_of(disturbed) == bytes_of(alone)
    assert record_of(disturbed) == record_of(alone)


def test_a_run_left_after_every_third_step_is_the_run_left_alone(left_after):
    alone, _ = left_after(0, **EVERYTHING)
    disturbed, _ = left_after(3, **EVERYTHING)
    assert (bytes_of(disturbed), record_of(disturbed)) == (bytes_of(alone), record_of(alone))


class Noise(nn.Module):
    """A loss that learns, counts and draws its weight from one of the process's generators."""

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
def test_every_generator_goes_on_where_it_was(left_after, monkeypatch, draw):
    def objective(self, dataset, model):
        return Objective((WeightedTerm("noise", 1.0, Noise(lambda: draw(0, 1) if draw is random.gauss else draw())),))

    monkeypatch.setattr(KDTrainer, "objective", objective)
    alone, _ = left_after(0)
    disturbed, _ = left_after(1)
    assert bytes_of(disturbed) == bytes_of(alone)
    again, _ = left_after(100)
    assert bytes_of(again) == bytes_of(alone)


def test_the_generators_of_python_and_numpy_are_left_alone(trainer):
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002 - this is the one that others may draw from
    drawn = random.random(), np.random.random()  # noqa: NPY002
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    trainer().result()
    assert (random.random(), np.random.random()) == drawn  # noqa: NPY002


@pytest.mark.gpu
def test_on_a_gpu_a_run_left_after_every_step_is_the_run_left_alone(left_after):
    keys = {**CASES["BatchNorm under OneCycle"], "EMADecay": 0.5}
    alone, _ = left_after(0, "cuda", **keys)
    disturbed, _ = left_after(1, "cuda", **keys)
    assert bytes_of(disturbed) == bytes_of(alone)
    assert record_of(disturbed) == record_of(alone)
    assert alone.run(0).provenance["driver"]
