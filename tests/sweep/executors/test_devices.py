"""Slots of workers follow from the user's options and the machine's GPUs, cores and memory."""

import pytest

from Arch.errors import ConfigError
from Arch.sweep.executors.devices import (
    WORKER_MEMORY,
    Machine,
    WorkerOptions,
    core_groups,
    free_memory,
    slots_of,
    visible_gpus,
)

PLENTY = 64 * WORKER_MEMORY
GPUS = Machine(("0", "1"), cores=8, memory=PLENTY)
CORES = Machine((), cores=4, memory=PLENTY)


def pins(slots):
    return [slot.environment.get("CUDA_VISIBLE_DEVICES") for slot in slots]


def test_each_gpu_has_a_worker_pinned_to_it():
    slots = slots_of(WorkerOptions(), GPUS)
    assert pins(slots) == ["0", "1"]
    assert [slot.threads for slot in slots] == [4, 4]


def test_several_workers_on_a_gpu_come_after_every_gpu_has_one():
    slots = slots_of(WorkerOptions(per_gpu=2), GPUS)
    assert pins(slots) == ["0", "1", "0", "1"]
    assert [slot.name for slot in slots] == ["gpu 0 a", "gpu 1 a", "gpu 0 b", "gpu 1 b"]
    assert {slot.threads for slot in slots} == {2}


def test_gpus_are_names_and_may_be_uuids():
    names = ("GPU-8c2f", "MIG-11aa")
    slots = slots_of(WorkerOptions(gpus=names), CORES)
    assert pins(slots) == list(names)
    assert {slot.device for slot in slots} == {"cuda"}


def test_a_number_of_workers_is_distributed_over_the_gpus():
    assert pins(slots_of(WorkerOptions(workers=3), GPUS)) == ["0", "1", "0"]


def test_a_gpu_is_chosen_by_its_index_among_the_visible_ones():
    assert pins(slots_of(WorkerOptions(device="cuda:1"), Machine(("4", "7"), 8, PLENTY))) == ["7"]


def test_without_gpus_each_core_has_a_worker():
    slots = slots_of(WorkerOptions(), CORES)
    assert [(slot.name, slot.device, slot.threads) for slot in slots] == [(f"cpu {n}", "cpu", 1) for n in range(4)]
    assert pins(slots) == [None] * 4
    assert slots_of(WorkerOptions(device="cpu"), GPUS) == slots_of(WorkerOptions(), Machine((), 8, PLENTY))


@pytest.mark.parametrize(
    ("cores", "memory", "workers", "threads", "expected"),
    [
        (2, PLENTY, None, None, (2, 1)),
        (1, PLENTY, None, None, (1, 1)),
        (8, 3 * WORKER_MEMORY, None, None, (3, 2)),
        (8, WORKER_MEMORY // 2, None, None, (1, 8)),
        (8, PLENTY, 2, None, (2, 4)),
        (8, PLENTY, None, 4, (2, 4)),
        (2, PLENTY, 3, None, (3, 1)),
        (2, PLENTY, 1, 1, (1, 1)),
        (2, PLENTY, None, 4, (1, 4)),
    ],
)
def test_cores_are_shared_by_as_many_workers_as_memory_allows(cores, memory, workers, threads, expected):
    assert core_groups(cores, memory, workers, threads) == expected


@pytest.mark.parametrize(
    ("worker_options", "machine", "message"),
    [
        (WorkerOptions(device="cuda"), CORES, "no device 'cuda' here. Known: auto, cpu"),
        (WorkerOptions(device="cuda:2"), GPUS, "no device 'cuda:2' here. Known: auto, cpu, cuda:0, cuda:1"),
        (WorkerOptions(device="tpu"), CORES, "no device 'tpu' here"),
        (WorkerOptions(device="cpu", gpus=("0",)), GPUS, "leave one of the two out"),
        (WorkerOptions(gpus=("0", "0")), GPUS, "--per-gpu 2"),
        (WorkerOptions(gpus=("0", "1")), CORES, "there is no GPU 0, 1 here. nvidia-smi lists none: leave --gpus out"),
        (WorkerOptions(gpus=("1", "2")), GPUS, "there is no GPU 2 here. Known: 0, 1"),
        (WorkerOptions(per_gpu=2), CORES, "no GPU is used here. --workers"),
        (WorkerOptions(device="cpu", per_gpu=2), GPUS, "no GPU is used here. --workers"),
    ],
)
def test_absent_devices_and_contradictory_options_are_refused(worker_options, machine, message):
    with pytest.raises(ConfigError, match=message):
        slots_of(worker_options, machine)


@pytest.mark.parametrize(
    ("value", "expected"), [("0, 2", ("0", "2")), ("", ()), ("-1", ()), ("GPU-8c2f", ("GPU-8c2f",)), ("none", ())]
)
def test_the_environment_says_which_gpus_are_visible(value, expected):
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": value}) == expected


def test_nvidia_smi_lists_the_gpus(tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\nprintf '0\\n1\\n'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert visible_gpus({}) == ("0", "1")
    tool.write_text("#!/bin/sh\necho No devices were found; exit 6\n")
    assert visible_gpus({}) == ()


def test_free_memory_is_what_the_system_calls_available(tmp_path, monkeypatch):
    monkeypatch.setattr("Arch.sweep.executors.devices.memory_limit", lambda: None)
    (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable:    5 kB\n")
    assert free_memory(tmp_path / "meminfo") == 5 * 1024
    monkeypatch.setattr("Arch.sweep.executors.devices.memory_limit", lambda: 2048)
    assert free_memory(tmp_path / "meminfo") == 2048
