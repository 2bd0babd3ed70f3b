"""Measures a step of resnet32x4 -> resnet8x4 distillation at batch 64, beside a plain float32 loop with a DataLoader.

Both have the same images, kind of augmentation, networks, loss, optimizer and number of threads. They are measured
alternately, so that a slow moment of the machine affects them alike.
"""

import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from Arch.callbacks import SilentWatcher
from Arch.datasets.augmentation.pipeline import Augmentation
from Arch.datasets.data import ImageData
from Arch.datasets.loading import load
from Arch.datasets.normalization import Normalizer
from Arch.datasets.sources.synthetic import Synthetic
from Arch.distillation.methods.cross_entropy import CrossEntropy
from Arch.distillation.methods.vanilla_kd import VanillaKD
from Arch.models.build import build
from Arch.models.imodel import IModel
from Arch.training.engine import choose_engine
from Arch.training.fit.batches import Batches
from Arch.training.fit.learner import Learner, Recipe
from Arch.training.fit.objective import Objective, WeightedTerm
from Arch.training.fit.optimizers.sgd import SGD
from Arch.training.fit.schedules.constant import Constant
from Arch.training.networks.frozen import FrozenNetwork
from Arch.training.streams import Streams
from benchmarks.machine import machine

BATCH, STEPS, ROUNDS, WARM_UP = 64, 8, 3, 2
TEACHER, STUDENT = "resnet32x4", "resnet8x4"
TEMPERATURE, CE_WEIGHT, KL_WEIGHT = 4.0, 0.1, 14.4
Step = Callable[[], object]


def main() -> None:
    """Prints the median step of each contestant and its ratio to the plain loop."""
    data = load(Synthetic(10, 32, 3, BATCH * STEPS * 2), Path())
    contestants: dict[str, Step] = {
        "plain loop, DataLoader in process": plain_loop(data, workers=0),
        "plain loop, DataLoader 2 workers": plain_loop(data, workers=2),
        "Arch float32": arch_loop(data, "float32"),
        "Arch bfloat16": arch_loop(data, "bfloat16"),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for step in contestants.values():
        timed(step, WARM_UP)
    for _ in range(ROUNDS):
        for name, step in contestants.items():
            seconds[name] += timed(step, STEPS)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    fastest_plain = min(value for name, value in medians.items() if name.startswith("plain"))
    print(f"{machine()}, torch {torch.__version__}, {torch.get_num_threads()} threads")
    for name, value in medians.items():
        print(f"{name:<36} {1000 * value:8.1f} ms a step   {fastest_plain / value:5.2f} x the faster plain loop")


def timed(step: Step, count: int) -> list[float]:
    """Returns the wall seconds of each of `count` steps."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return times


def networks() -> tuple[IModel, IModel]:
    """Builds the teacher and the student."""
    return build(TEACHER, (3, 32, 32), 10, seed=0), build(STUDENT, (3, 32, 32), 10, seed=1)


def arch_loop(data: ImageData, precision: str) -> Step:
    """Returns a step of this project's training."""
    engine = choose_engine("cpu", precision)
    teacher, student = networks()
    terms = (
        WeightedTerm("CrossEntropy", CE_WEIGHT, CrossEntropy(0.0)),
        WeightedTerm("VanillaKD", KL_WEIGHT, VanillaKD(TEMPERATURE, normalize_logits=False)),
    )
    objective = Objective(terms, FrozenNetwork(teacher, engine))
    network = engine.place(student)
    optimizer = SGD(0.9, nesterov=False).build([{"params": list(network.parameters()), "weight_decay": 5e-4}])
    recipe = Recipe(BATCH, 240, 1, 0.0, 0.0)
    learner = Learner(network, objective, optimizer, Constant(0.05, 0), recipe=recipe, engine=engine)
    normalizer = Normalizer.of(data.normalization, data.shape, engine.device)
    source = Batches(data.train, normalizer, BATCH, Streams(0, 0), Augmentation(4, horizontal_flip=True))
    batches = itertools.chain.from_iterable(source.epoch(number) for number in itertools.count(1))
    watcher = SilentWatcher()
    return lambda: learner.train_epoch(itertools.islice(batches, 1), 1, watcher.step_done)


class Pictures(Dataset[tuple[Tensor, int]]):
    """The same images as torchvision's own datasets hold them, augmented one by one."""

    def __init__(self, data: ImageData) -> None:
        """Converts the training images to numpy."""
        self._pixels = data.train.pixels.permute(0, 2, 3, 1).contiguous().numpy()
        self._labels = data.train.labels.tolist()
        self._transform = transforms.Compose(
            [
                transforms.ToPILImage(),
                transforms.RandomCrop(32, padding=4),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize((0.5071, 0.4867, 0.4408), (0.2675, 0.2565, 0.2761)),
            ]
        )

    def __len__(self) -> int:
        """Returns the number of images."""
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """Returns one augmented image and its label."""
        return self._transform(self._pixels[index]), self._labels[index]


def plain_loop(data: ImageData, workers: int) -> Step:
    """Returns a step as in common training scripts: float32, contiguous, a DataLoader, the teacher in eval mode."""
    teacher, student = networks()
    teacher.eval().requires_grad_(requires_grad=False)
    student.train()
    optimizer = torch.optim.SGD(student.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    loader = DataLoader(Pictures(data), BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0)

    def endless() -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            yield from loader

    batches = endless()

    def step() -> float:
        images, labels = next(batches)
        with torch.no_grad():
            target = teacher(images)
        logits = student(images)
        loss = CE_WEIGHT * F.cross_entropy(logits, labels) + KL_WEIGHT * F.kl_div(
            F.log_softmax(logits / TEMPERATURE, 1), F.softmax(target / TEMPERATURE, 1), reduction="batchmean"
        )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimizer.step()
        return loss.item()

    return step


if __name__ == "__main__":
    main()
