"""Where and how the arithmetic runs: device, precision, memory format. Chosen here and nowhere else."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from Arch.datasets.data import ImageData, Split
from Arch.datasets.streaming import RESIDENT_SHARE, fits_memory
from Arch.errors import TrainingError
from Arch.models.imodel import IModel

MADE_AT_ONCE_BYTES = 1 << 26  # of float32 images on a GPU
PRECISIONS = ("float32", "tensorfloat32", "bfloat16")


@dataclass(frozen=True)
class Engine:
    """One device and the way it computes.

    Attributes:
        device: where networks and batches are.
        precision: one of `PRECISIONS`. float32 is exact IEEE arithmetic; tensorfloat32 rounds the factors of
            products to 10 bits on the GPU; bfloat16 is autocast: weights, normalisation, losses and optimizer
            stay in float32.
        memory_format: of weights and images; channels last is the faster one for convolutions on both kinds of
            device: it saves a third of a resnet32x4 -> resnet8x4 step on a CPU with AVX-512.
    """

    device: torch.device
    precision: str
    memory_format: torch.memory_format = torch.channels_last

    @property
    def dtype(self) -> torch.dtype:
        """What frozen networks and the images they see are held in."""
        return torch.bfloat16 if self.precision == "bfloat16" else torch.float32

    @property
    def evaluation_batch(self) -> int:
        """How many images are evaluated at once."""
        return 1024 if self.device.type == "cuda" else 256

    def autocast(self) -> AbstractContextManager[Any]:
        """The context in which a trained network computes."""
        if self.precision != "bfloat16":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)

    def place(self, network: IModel) -> IModel:
        """Brings a network onto the device, in the memory format of this engine."""
        return network.to(self.device).to(memory_format=self.memory_format)

    def place_data(self, data: ImageData) -> ImageData:
        """The data on the device; a split that does not fit beside the activations stays, to be streamed."""
        held_out = data.validation and self._place_split(data.validation)
        return replace(
            data, train=self._place_split(data.train), validation=held_out, test=self._place_split(data.test)
        )

    def _place_split(self, split: Split) -> Split:
        if self.device.type != "cuda":
            return split
        free, _ = torch.cuda.mem_get_info(self.device)
        return split.to(self.device) if split.pixels.nbytes <= RESIDENT_SHARE * free else split

    def streams(self, split: Split) -> bool:
        """Whether a placed split is read ahead in the background: it fits neither a GPU nor, beside a CPU, the memory.

        Which batches there are does not depend on it.
        """
        return split.pixels.device.type != self.device.type or not fits_memory(split.pixels.nbytes)

    def batches_at_once(self, batch_size: int, shape: tuple[int, int, int]) -> int:
        """How many batches of images of `shape` are made together: a GPU wants large pieces, a CPU small ones."""
        if self.device.type == "cpu":
            return 1
        return max(1, MADE_AT_ONCE_BYTES // (4 * batch_size * math.prod(shape)))

    @contextmanager
    def session(self) -> Iterator[None]:
        """Sets the process-wide switches of a GPU for a training, and sets them back."""
        if self.device.type != "cuda":
            yield
            return
        products, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
        convolutions = cudnn.conv  # type: ignore[attr-defined]  # the module replaces itself by an object
        before = products.fp32_precision, convolutions.fp32_precision, cudnn.benchmark, cudnn.deterministic
        rounding = "tf32" if self.precision == "tensorfloat32" else "ieee"
        products.fp32_precision, convolutions.fp32_precision = rounding, rounding
        # the fastest algorithm differs between two searches, so a search would cost the promise of equal numbers
        cudnn.benchmark, cudnn.deterministic = False, True
        try:
            yield
        finally:
            products.fp32_precision, convolutions.fp32_precision, cudnn.benchmark, cudnn.deterministic = before

    def describe(self) -> dict[str, Any]:
        """What a run has to record of it."""
        return {
            "device": f"{self.device.type} ({device_name(self.device)})",
            "threads": torch.get_num_threads(),
            "precision": self.precision,
            "memory_format": str(self.memory_format).removeprefix("torch."),
        }


def choose_engine(device: str, precision: str) -> Engine:
    """The engine for a device given by name.

    Args:
        device: "auto" (the first GPU, else the CPU), "cpu", "cuda" or "cuda:N".
        precision: one of `PRECISIONS`.

    Raises:
        TrainingError: there is no such device, or it cannot compute so.
    """
    chosen = _device(device)
    if precision not in PRECISIONS:
        raise TrainingError(f"Precision must be one of {', '.join(PRECISIONS)}; it is {precision!r}.")
    if precision == "tensorfloat32" and chosen.type != "cuda":
        raise TrainingError(
            f"Precision tensorfloat32 exists on NVIDIA GPUs only, and the device is {chosen}. "
            "Use float32 or bfloat16, or another --device."
        )
    return Engine(chosen, precision)


def device_name(device: torch.device) -> str:
    """What the maker calls the device."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(errors="replace").splitlines() if cpuinfo.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda:0" if torch.cuda.is_available() else "cpu"
    kind, _, index = name.partition(":")
    count = torch.cuda.device_count() if kind == "cuda" else 0
    known = ("cpu", *(f"cuda:{i}" for i in range(count)))
    name = "cuda:0" if name == "cuda" else name
    if name not in known:
        raise TrainingError(f"there is no device {name!r} here. Known: auto, {', '.join(known)}.")
    return torch.device(kind, int(index or 0)) if kind == "cuda" else torch.device("cpu")
