"""Where workers run: the GPUs that there are, each with one worker or several, or else groups of cores."""

from __future__ import annotations

import os
import string
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from Arch.errors import ConfigError
from Arch.machine.cgroups import core_share, memory_limit
from Arch.machine.programs import answer
from Arch.sweep.progress import Slot

WORKER_MEMORY = 1 << 30  # bytes that a worker with torch and a small dataset needs
_NO_GPUS = ("", "-1", "none", "void", "NoDevFiles")


@dataclass(frozen=True)
class Machine:
    """What a sweep may use of this machine.

    Attributes:
        gpus: names of GPUs as `CUDA_VISIBLE_DEVICES` takes them: numbers or UUIDs.
        cores: whose time it may use.
        memory: free bytes.
        order: the `CUDA_DEVICE_ORDER` in which the GPUs' numbers count; empty leaves it to CUDA.
    """

    gpus: tuple[str, ...]
    cores: int
    memory: int
    order: str = ""


@dataclass(frozen=True)
class Wishes:
    """What a user wants of a sweep's workers; what is None is chosen.

    Attributes:
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        gpus: names of GPUs.
        per_gpu: workers on each GPU.
        workers: in all.
        threads: of each worker.
    """

    device: str = "auto"
    gpus: tuple[str, ...] | None = None
    per_gpu: int = 1
    workers: int | None = None
    threads: int | None = None


def slots_of(wishes: Wishes, machine: Machine) -> tuple[Slot, ...]:
    """Where a sweep's workers run.

    Raises:
        ConfigError: there is no such device, no GPU where one is asked for, or two wishes contradict each other.
    """
    gpus = _gpus(wishes, machine)
    if gpus:
        return _gpu_slots(gpus, wishes, machine)
    if wishes.per_gpu > 1:
        raise ConfigError(f"--per-gpu {wishes.per_gpu}: no GPU is used here. --workers says how many runs at a time.")
    workers, threads = core_groups(machine.cores, machine.memory, wishes.workers, wishes.threads)
    names = [f"cpu {number}" for number in range(workers)] if workers > 1 else ["cpu"]
    return tuple(Slot(name, "cpu", {}, threads) for name in names)


def core_groups(cores: int, memory: int, workers: int | None = None, threads: int | None = None) -> tuple[int, int]:
    """How many workers run side by side without GPUs, and the threads of each.

    As many workers of one thread as there are cores: two of them on two cores made more small networks in the same
    time than one worker with two threads (`benchmarks/bench_workers.py`), because a thread has to wait for the others
    after each operation, and Python between the operations keeps but one core busy. Where memory holds fewer workers,
    they share the cores. The answer never depends on how much there is to do, so that a run that is continued or
    topped up later computes with as many threads as before.

    Args:
        cores: whose time may be used.
        memory: free bytes.
        workers: as wanted by the user.
        threads: as wanted by the user.
    """
    if workers is None:
        workers = max(1, min(cores // (threads or 1), memory // WORKER_MEMORY))
    return workers, threads or max(1, cores // workers)


def this_machine(environment: Mapping[str, str] = os.environ) -> Machine:
    """What there is here; nothing of CUDA is loaded for it."""
    share = core_share()
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    if share is not None:
        cores = max(1, min(cores, int(share)))
    is_told = "CUDA_VISIBLE_DEVICES" in environment or "CUDA_DEVICE_ORDER" in environment
    return Machine(visible_gpus(environment), cores, free_memory(), "" if is_told else "PCI_BUS_ID")


def visible_gpus(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The GPUs that `CUDA_VISIBLE_DEVICES` names, else those that the driver's own tool lists."""
    named = environment.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return () if named.strip() in _NO_GPUS else tuple(name.strip() for name in named.split(",") if name.strip())
    told = answer("nvidia-smi", "--query-gpu=index", "--format=csv,noheader") or ""
    return tuple(line.strip() for line in told.splitlines() if line.strip().isdecimal())


def free_memory(meminfo: Path = Path("/proc/meminfo")) -> int:
    """Bytes that may still be used; where nobody tells, enough."""
    amounts = [limit] if (limit := memory_limit()) is not None else []
    try:
        lines = meminfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    amounts += [int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")]
    return min(amounts, default=1 << 62)


def _gpus(wishes: Wishes, machine: Machine) -> tuple[str, ...]:
    kind, _, number = wishes.device.partition(":")
    if wishes.gpus is not None:
        if kind == "cpu":
            raise ConfigError("--gpus names GPUs and --device cpu forbids them: leave one of the two out.")
        if len(set(wishes.gpus)) < len(wishes.gpus):
            raise ConfigError(f"--gpus {','.join(wishes.gpus)}: one is named twice. Several workers each: --per-gpu 2.")
        _check_numbers(wishes.gpus, machine)
        return wishes.gpus
    if kind in ("auto", "cpu") and not number:
        return machine.gpus if kind == "auto" else ()
    known = ("cpu", *(f"cuda:{place}" for place in range(len(machine.gpus))))
    if wishes.device == "cuda" and machine.gpus:
        return machine.gpus
    if wishes.device not in known[1:]:
        raise ConfigError(f"there is no device {wishes.device!r} here. Known: auto, {', '.join(known)}.")
    return (machine.gpus[int(number)],)


def _check_numbers(names: tuple[str, ...], machine: Machine) -> None:
    """Refuses GPUs that are not there: else every run would be tried on them, and be kept as failed.

    Raises:
        ConfigError: a number is not among the GPUs that are known; what a UUID stands for only CUDA can tell.
    """
    lacking = [name for name in names if name.isdecimal() and name not in machine.gpus]
    if lacking:
        known = f"Known: {', '.join(machine.gpus)}" if machine.gpus else "nvidia-smi lists none"
        ways = "leave --gpus out, or name the GPUs in CUDA_VISIBLE_DEVICES, which is believed"
        raise ConfigError(f"--gpus {','.join(names)}: there is no GPU {', '.join(lacking)} here. {known}: {ways}.")


def _gpu_slots(gpus: tuple[str, ...], wishes: Wishes, machine: Machine) -> tuple[Slot, ...]:
    count = wishes.workers or len(gpus) * wishes.per_gpu
    threads = wishes.threads or max(1, machine.cores // count)
    # A driver that lacks CUDA's newest parts leaves a worker the CPU, unless the user insists.
    device = "auto" if wishes.device == "auto" and wishes.gpus is None else "cuda"
    slots = []
    for number in range(count):  # the second workers after every GPU has its first
        gpu, layer = gpus[number % len(gpus)], number // len(gpus)
        name = f"gpu {gpu}" if count <= len(gpus) else f"gpu {gpu} {string.ascii_lowercase[layer % 26]}"
        order = {"CUDA_DEVICE_ORDER": machine.order} if machine.order else {}
        slots.append(Slot(name, device, {**order, "CUDA_VISIBLE_DEVICES": gpu}, threads))
    return tuple(slots)
