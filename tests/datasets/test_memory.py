"""Limits of control groups, in folders laid out as the kernel's documentation of both versions has them."""

import os

import pytest

from Arch.datasets.memory import memory_bytes
from tests.datasets.tiny_images import write_folder

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
def test_the_least_limit_counts(name, tmp_path):
    files, expected = LAYOUTS[name]
    write_folder(tmp_path, {path: text.encode() for path, text in files.items()})
    assert memory_bytes(tmp_path) == expected


def test_this_process_may_use_some(tmp_path):
    assert 1 << 20 < memory_bytes() <= memory_bytes(tmp_path) == PHYSICAL
