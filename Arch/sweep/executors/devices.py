"""Chooses the slots of workers: one or several per GPU, or else one per group of CPU cores."""

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

WORKER_MEMORY = 1 << 30  # bytes of a worker with torch and a small dataset
_NO_GPUS = ("", "-1", "none", "void", "NoDevFiles")


@dataclass(frozen=True)
class Machine:
    """The resources of this machine that a sweep may use.

    Attributes:
        gpus: names of GPUs as in `CUDA_VISIBLE_DEVICES`: numbers or UUIDs.
        cores: number of CPU cores.
        memory: free memory in bytes.
        order: the `CUDA_DEVICE_ORDER` that the GPUs' numbers refer to; empty leaves it to CUDA.
    """

    gpus: tuple[str, ...]
    cores: int
    memory: int
    order: str = ""


@dataclass(frozen=True)
class WorkerOptions:
    """A user's options for the workers of a sweep; None leaves the choice to `slots_of`.

    Attributes:
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        gpus: names of GPUs.
        per_gpu: number of workers on each GPU.
        workers: number of workers in all.
        threads: number of threads of each worker.
    """

    device: str = "auto"
    gpus: tuple[str, ...] | None = None
    per_gpu: int = 1
    workers: int | None = None
    threads: int | None = None


def slots_of(worker_options: WorkerOptions, machine: Machine) -> tuple[Slot, ...]:
    """Returns the slots of a sweep's workers.

    Raises:
        ConfigError: there is no such device, no GPU where one is requested, or two options contradict each other.
    """
    gpus = _gpus(worker_options, machine)
    if gpus:
        return _gpu_slots(gpus, worker_options, machine)
    if worker_options.per_gpu > 1:
        raise ConfigError(
            f"--per-gpu {worker_options.per_gpu}: no GPU is used here. --workers says how many runs at a time."
        )
    workers, threads = core_groups(machine.cores, machine.memory, worker_options.workers, worker_options.threads)
    names = [f"cpu {number}" for number in range(workers)] if workers > 1 else ["cpu"]
    return tuple(Slot(name, "cpu", {}, threads) for name in names)


def core_groups(cores: int, memory: int, workers: int | None = None, threads: int | None = None) -> tuple[int, int]:
    """Returns the number of workers without GPUs, and the number of threads of each.

    By default one worker with one thread per core: two such workers on two cores trained more small networks in the
    same time than one worker with two threads (`benchmarks/bench_workers.py`), because threads synchronise after each
    operation, and Python between the operations uses only one core. Where memory suffices for fewer workers, they share
    the cores. The result never depends on the number of runs, so that a run that is resumed later, or added to an
    experiment, computes with as many threads as before.

    Args:
        cores: number of CPU cores that may be used.
        memory: free memory in bytes.
        workers: the user's choice.
        threads: the user's choice.
    """
    if workers is None:
        workers = max(1, min(cores // (threads or 1), memory // WORKER_MEMORY))
    return workers, threads or max(1, cores // workers)


def this_machine(environment: Mapping[str, str] = os.environ) -> Machine:
    """Returns the resources of this machine, without loading CUDA."""
    share = core_share()
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    if share is not None:
        cores = max(1, min(cores, int(share)))
    is_given = "CUDA_VISIBLE_DEVICES" in environment or "CUDA_DEVICE_ORDER" in environment
    return Machine(visible_gpus(environment), cores, free_memory(), "" if is_given else "PCI_BUS_ID")


def visible_gpus(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Returns the GPUs that `CUDA_VISIBLE_DEVICES` names, else those that `nvidia-smi` lists."""
    named = environment.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return () if named.strip() in _NO_GPUS else tuple(name.strip() for name in named.split(",") if name.strip())
    listed = answer("nvidia-smi", "--query-gpu=index", "--format=csv,noheader") or ""
    return tuple(line.strip() for line in listed.splitlines() if line.strip().isdecimal())


def free_memory(meminfo: Path = Path("/proc/meminfo")) -> int:
    """Returns the free memory in bytes; where it is unknown, a number that is always enough."""
    amounts = [limit] if (limit := memory_limit()) is not None else []
    try:
        lines = meminfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    amounts += [int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")]
    return min(amounts, default=1 << 62)


def _gpus(worker_options: WorkerOptions, machine: Machine) -> tuple[str, ...]:
    kind, _, number = worker_options.device.partition(":")
    if worker_options.gpus is not None:
        if kind == "cpu":
            raise ConfigError("--gpus names GPUs and --device cpu forbids them: leave one of the two out.")
        if len(set(worker_options.gpus)) < len(worker_options.gpus):
            raise ConfigError(
                f"--gpus {','.join(worker_options.gpus)}: one is named twice. Several workers each: --per-gpu 2."
            )
        _check_numbers(worker_options.gpus, machine)
        return worker_options.gpus
    if kind in ("auto", "cpu") and not number:
        return machine.gpus if kind == "auto" else ()
    known = ("cpu", *(f"cuda:{index}" for index in range(len(machine.gpus))))
    if worker_options.device == "cuda" and machine.gpus:
        return machine.gpus
    if worker_options.device not in known[1:]:
        raise ConfigError(f"there is no device {worker_options.device!r} here. Known: auto, {', '.join(known)}.")
    return (machine.gpus[int(number)],)


def _check_numbers(names: tuple[str, ...], machine: Machine) -> None:
    """Refuses GPUs that do not exist: otherwise every run would be tried on them and be recorded as failed.

    Raises:
        ConfigError: a number is not among the known GPUs; UUIDs are not checked, since only CUDA knows them.
    """
    lacking = [name for name in names if name.isdecimal() and name not in machine.gpus]
    if lacking:
        known = f"Known: {', '.join(machine.gpus)}" if machine.gpus else "nvidia-smi lists none"
        ways = "leave --gpus out, or name the GPUs in CUDA_VISIBLE_DEVICES, which is not checked"
        raise ConfigError(f"--gpus {','.join(names)}: there is no GPU {', '.join(lacking)} here. {known}: {ways}.")


def _gpu_slots(gpus: tuple[str, ...], worker_options: WorkerOptions, machine: Machine) -> tuple[Slot, ...]:
    count = worker_options.workers or len(gpus) * worker_options.per_gpu
    threads = worker_options.threads or max(1, machine.cores // count)
    # With a driver too old for this torch, a worker falls back to the CPU, unless the user requested GPUs.
    device = "auto" if worker_options.device == "auto" and worker_options.gpus is None else "cuda"
    slots = []
    for number in range(count):  # every GPU has one worker before any has two
        gpu, round_ = gpus[number % len(gpus)], number // len(gpus)
        name = f"gpu {gpu}" if count <= len(gpus) else f"gpu {gpu} {string.ascii_lowercase[round_ % 26]}"
        order = {"CUDA_DEVICE_ORDER": machine.order} if machine.order else {}
        slots.append(Slot(name, device, {**order, "CUDA_VISIBLE_DEVICES": gpu}, threads))
    return tuple(slots)
