"""Measures the input pipeline beside torchvision's: augmented, normalised batches of CIFAR-10-sized images.

Both crop after padding by 4 and mirror half of the images; a chi-square test over the 162 views of an image shows that
both sample uniformly. `BENCH_DATA` is a data folder with CIFAR-10; without it random images are used, `BENCH_SAMPLES`
of them. `BENCH_ROUNDS` is the number of timed epochs of each. With a GPU, its results follow the CPU's.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import torch
from scipy.stats import chi2
from torch import Tensor
from torch.utils.data import DataLoader

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from Arch.datasets import DATASETS
from Arch.datasets.augmentation.pipeline import Augmentation
from Arch.datasets.augmentation.views import view_count
from Arch.datasets.data import ImageData, Split
from Arch.datasets.dataset import Images
from Arch.datasets.loading import load
from Arch.datasets.normalization import Normalizer, constants_of
from Arch.training.engine import Engine, choose_engine
from Arch.training.fit.batches import Batches
from Arch.training.streams import Streams
from benchmarks.bench_training_step import Pictures
from benchmarks.machine import machine

BATCH, PADDING, SIDE, WORKERS = 128, 4, 32, 2
SAMPLES = int(os.environ.get("BENCH_SAMPLES", "50000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
CPU_AIM, CUDA_AIM = 5, 50
Epochs = Iterator[Iterable[Tensor]]


def main() -> None:
    """Prints how uniformly the views are sampled, and the images per second of both with their ratio."""
    print(f"{machine()}, torch {torch.__version__}, {torch.get_num_threads()} threads")
    for name, epochs in pipelines(numbered_images(), choose_engine("cpu", "float32"), "None").items():
        print_evenness(name, epochs)
    data = pictures()
    print(f"{len(data.train)} images of {data.name}, batches of {BATCH}, medians of {ROUNDS} epochs")
    compare(data, choose_engine("cpu", "float32"), CPU_AIM)
    if torch.cuda.is_available():
        compare(data, choose_engine("cuda", "float32"), CUDA_AIM)


def compare(data: ImageData, engine: Engine, aim: int) -> None:
    """Prints the throughput of both on one device; their epochs alternate."""
    seconds: dict[str, list[float]] = {}
    paths = pipelines(data, engine, "MeanVar")
    for epochs in paths.values():
        consume(next(epochs), engine)  # starts the workers
    for _ in range(ROUNDS):
        for name, epochs in paths.items():
            started = time.perf_counter()
            consume(next(epochs), engine)
            seconds.setdefault(name, []).append(time.perf_counter() - started)
    rates = {name: len(data.train) / statistics.median(times) for name, times in seconds.items()}
    slowest = min(rates.values())
    for name, rate in rates.items():
        print(f"{engine.device.type:<5} {name:<24} {rate:12,.0f} images/s   {rate / slowest:6.1f} x   (aim {aim} x)")


def consume(batches: Iterable[Tensor], engine: Engine) -> None:
    """Iterates over all batches and waits for the last one."""
    for images in batches:
        assert images.device.type == engine.device.type  # noqa: S101 - the copy is part of the time
    if engine.device.type == "cuda":
        torch.cuda.synchronize()


def pipelines(data: ImageData, engine: Engine, normalization: str) -> dict[str, Epochs]:
    """Returns endless epochs of batches of both pipelines, by name."""
    placed = engine.place_data(data)
    constants = constants_of(data.train.pixels, normalization)
    normalizer = Normalizer.of(constants, data.shape, engine.device)
    augmentation = Augmentation(PADDING, horizontal_flip=True)
    is_streamed = engine.streams(placed.train)
    at_once = engine.batches_at_once(BATCH, data.shape)
    batches = Batches(
        *(placed.train, normalizer, BATCH, Streams(0, 0), augmentation),
        is_streamed=is_streamed,
        batches_at_once=at_once,
    )
    return {f"DataLoader, {WORKERS} workers": loader_epochs(data, engine), "Arch": batch_epochs(batches)}


def batch_epochs(batches: Batches) -> Epochs:
    """Yields epochs of this project's batches."""
    for number in range(1, 1 << 30):
        yield (batch.images for batch in batches.epoch(number))


def loader_epochs(data: ImageData, engine: Engine) -> Epochs:
    """Yields epochs of torchvision's transforms in worker processes, as in common training scripts."""
    is_cuda = engine.device.type == "cuda"
    loader = DataLoader(
        Pictures(data), BATCH, shuffle=True, num_workers=WORKERS, persistent_workers=True, pin_memory=is_cuda
    )
    while True:
        yield (images.to(engine.device, non_blocking=True) for images, _ in loader)


def pictures() -> ImageData:
    """Returns CIFAR-10 if `BENCH_DATA` is set, otherwise noise of its size."""
    if "BENCH_DATA" in os.environ:
        return load(DATASETS["CIFAR10"](), Path(os.environ["BENCH_DATA"]))
    noise = torch.randint(0, 256, (SAMPLES, 3, SIDE, SIDE), dtype=torch.uint8)
    return as_data("made-up noise", noise)


def numbered_images() -> ImageData:
    """Returns images whose pixels encode their position: channel 0 is the row plus 1, channel 1 the column plus 1."""
    pixels = torch.zeros(SAMPLES, 3, SIDE, SIDE, dtype=torch.uint8)
    pixels[:, 0] = torch.arange(1, SIDE + 1)[:, None]
    pixels[:, 1] = torch.arange(1, SIDE + 1)
    return as_data("numbered pixels", pixels)


def as_data(name: str, pixels: Tensor) -> ImageData:
    """Returns images as a dataset of ten classes."""
    images = Images.of(pixels, torch.arange(len(pixels)) % 10, tuple(map(str, range(10))))
    split = Split(images.pixels, images.labels, torch.arange(len(images)))
    constants = constants_of(images.pixels, "MeanVar")
    return ImageData(name, split, None, split, images.classes, constants, images.digest)


def print_evenness(name: str, epochs: Epochs) -> None:
    """Prints the chi-square statistic of the views in one epoch, and its p-value under uniform sampling."""
    to_bytes: Callable[[Tensor], Tensor] = plain_bytes if name == "Arch" else loader_bytes
    numbers = torch.cat([shown_views(to_bytes(images)) for images in next(epochs)])
    views = view_count(PADDING, flip=True)
    expected = len(numbers) / views
    observed = torch.bincount(numbers, minlength=views).double()
    statistic = ((observed - expected) ** 2 / expected).sum().item()
    print(f"{name:<30} {views} views: chi-square {statistic:6.1f}, p = {chi2.sf(statistic, views - 1):.3f}")


def shown_views(pixels: Tensor) -> Tensor:
    """Returns the number of the view that each numbered image `(B, C, H, W)` shows, as `augmentation.views` counts."""
    middle = SIDE // 2
    row, column, beside = pixels[:, 0, middle, middle], pixels[:, 1, middle, middle], pixels[:, 1, middle, middle + 1]
    is_mirrored = (beside < column).long()
    place = middle + is_mirrored * (SIDE - 1 - 2 * middle)  # of the same pixel before mirroring
    side = 2 * PADDING + 1
    top, left = row - 1 - middle + PADDING, column - 1 - place + PADDING
    return is_mirrored * side * side + top * side + left


def plain_bytes(images: Tensor) -> Tensor:
    """Returns the bytes of images that were only divided by 255."""
    return (images * 255).round().long()


def loader_bytes(images: Tensor) -> Tensor:
    """Returns the bytes of images that `Pictures` normalised."""
    mean, std = torch.tensor((0.5071, 0.4867, 0.4408)), torch.tensor((0.2675, 0.2565, 0.2761))
    return plain_bytes(images * std[:, None, None] + mean[:, None, None])


if __name__ == "__main__":
    main()
