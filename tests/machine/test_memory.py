"""Memory limits of control groups, in folders laid out as the kernel documents both versions."""

import os

import pytest

from Arch.machine.memory import fits_memory, memory_bytes

PHYSICAL = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
V1, V2 = "sys/fs/cgroup/memory", "sys/fs/cgroup"

LAYOUTS = {
    "none": ({}, PHYSICAL),
    "no limit": ({"proc/self/cgroup": "0::/\n", f"{V2}/memory.max": "max\n"}, PHYSICAL),
    "a container": ({"proc/self/cgroup": "0::/\n", f"{V2}/memory.max": "4096\n"}, 4096),
    "a step of a job": (
        {
            "proc/self/cgroup": "0::/slurm/job_7/step_0\n",
            f"{V2}/slurm/job_7/step_0/memory.max": "max\n",
            f"{V2}/slurm/job_7/memory.max": "8192\n",
            f"{V2}/slurm/memory.max": "16384\n",
            f"{V2}/slurm/job_8/memory.max": "1\n",
        },
        8192,
    ),
    "version 1": (
        {
            "proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/x/y\n0::/\n",
            f"{V1}/memory.limit_in_bytes": "9223372036854771712\n",
            f"{V1}/x/y/memory.limit_in_bytes": "2048\n",
        },
        2048,
    ),
    "a container of version 1 that sees no other groups": (
        {"proc/self/cgroup": "4:memory:/docker/0a1b\n", f"{V1}/memory.limit_in_bytes": "1024\n"},
        1024,
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_smallest_limit_counts(name, tmp_path):
    files, expected = LAYOUTS[name]
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert memory_bytes(tmp_path) == expected


def test_without_control_groups_the_limit_is_the_physical_memory(tmp_path):
    assert 1 << 20 < memory_bytes() <= memory_bytes(tmp_path) == PHYSICAL


def test_a_byte_fits_into_memory_and_a_yottabyte_does_not():
    assert fits_memory(1)
    assert not fits_memory(10**24)
