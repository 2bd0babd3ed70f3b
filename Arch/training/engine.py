"""Chooses device, precision and memory format; no other module does."""

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
from Arch.errors import TrainingError
from Arch.machine.memory import RESIDENT_SHARE, fits_memory
from Arch.models.imodel import IModel
from Arch.training.process_state import state_of_a_new_process

GROUP_BYTES = 1 << 26  # of the float32 images that a GPU prepares in one piece
PRECISIONS = ("float32", "tensorfloat32", "bfloat16")


@dataclass(frozen=True)
class Engine:
    """A device and how it computes.

    Attributes:
        device: where networks and batches are.
        precision: one of `PRECISIONS`. float32 is exact IEEE arithmetic; tensorfloat32 rounds the factors of
            products to 10 bits on the GPU; bfloat16 is autocast: weights, normalisation, losses and optimizer
            stay in float32.
        memory_format: the format of weights and images; channels last is faster for convolutions on CPU and GPU: it
            saves a third of a resnet32x4 -> resnet8x4 step on a CPU with AVX-512.
    """

    device: torch.device
    precision: str
    memory_format: torch.memory_format = torch.channels_last

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of frozen networks and of their images."""
        return torch.bfloat16 if self.precision == "bfloat16" else torch.float32

    @property
    def evaluation_batch(self) -> int:
        """The batch size of evaluations."""
        return 1024 if self.device.type == "cuda" else 256

    def autocast(self) -> AbstractContextManager[Any]:
        """Returns the context of the forward pass of a network that is trained."""
        if self.precision != "bfloat16":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)

    def place(self, network: IModel) -> IModel:
        """Moves a network to the device, in the memory format of this engine."""
        return network.to(self.device).to(memory_format=self.memory_format)

    def place_data(self, data: ImageData) -> ImageData:
        """Moves the data to the device; a split that leaves too little memory for activations stays, to be streamed."""
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
        """Decides whether a placed split is read ahead in the background: it does not fit the memory of the device.

        The batches are the same either way.
        """
        return split.pixels.device.type != self.device.type or not fits_memory(split.pixels.nbytes)

    def batches_at_once(self, batch_size: int, shape: tuple[int, int, int]) -> int:
        """Returns how many batches of images of `shape` are prepared in one piece: large pieces are faster on a GPU."""
        if self.device.type == "cpu":
            return 1
        return max(1, GROUP_BYTES // (4 * batch_size * math.prod(shape)))

    @contextmanager
    def session(self) -> Iterator[None]:
        """Gives a run the state of a new process and the switches of its device, and restores those of the caller."""
        with state_of_a_new_process(), self._gpu_switches():
            yield

    @contextmanager
    def _gpu_switches(self) -> Iterator[None]:
        """Sets the process-wide switches of a GPU for a run, and restores them."""
        if self.device.type != "cuda":
            yield
            return
        products, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
        convolutions = cudnn.conv  # type: ignore[attr-defined]  # the module replaces itself by an object
        before = products.fp32_precision, convolutions.fp32_precision, cudnn.benchmark, cudnn.deterministic
        rounding = "tf32" if self.precision == "tensorfloat32" else "ieee"
        products.fp32_precision, convolutions.fp32_precision = rounding, rounding
        # benchmark mode may choose another algorithm each time, and equal runs would give unequal numbers
        cudnn.benchmark, cudnn.deterministic = False, True
        try:
            yield
        finally:
            products.fp32_precision, convolutions.fp32_precision, cudnn.benchmark, cudnn.deterministic = before

    def describe(self) -> dict[str, Any]:
        """Returns what a run records of the engine."""
        return {
            "device": f"{self.device.type} ({device_name(self.device)})",
            "threads": torch.get_num_threads(),
            "precision": self.precision,
            "memory_format": str(self.memory_format).removeprefix("torch."),
        }


def choose_engine(device: str, precision: str) -> Engine:
    """Returns the engine for a device given by name.

    Args:
        device: "auto" (the first GPU, else the CPU), "cpu", "cuda" or "cuda:N".
        precision: one of `PRECISIONS`.

    Raises:
        TrainingError: there is no such device, or it does not support the precision.
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
    """Returns the manufacturer's name of the device."""
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
