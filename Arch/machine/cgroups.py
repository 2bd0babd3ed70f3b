"""The limits that the control groups of Linux, versions 1 and 2, set for this process: cores and memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/")


def core_share(root: Path = ROOT) -> float | None:
    """Returns how many cores the processes of this group may use, or None if there is no limit."""
    shares = []
    for text in _contents(root, "cpu", "cpu.max"):
        quota, _, period = text.strip().partition(" ")
        if quota.isdecimal() and period.isdecimal():
            shares.append(int(quota) / int(period))
    quotas = _contents(root, "cpu", "cpu.cfs_quota_us", version=1)
    for quota, period in zip(quotas, _contents(root, "cpu", "cpu.cfs_period_us", version=1), strict=False):
        if quota.strip().isdecimal() and period.strip().isdecimal():  # -1 is no limit
            shares.append(int(quota) / int(period))
    return min(shares, default=None)


def memory_limit(root: Path = ROOT) -> int | None:
    """Returns how many bytes the processes of this group may use, or None if there is no limit."""
    texts = (
        *_contents(root, "memory", "memory.max"),
        *_contents(root, "memory", "memory.limit_in_bytes", version=1),
    )
    return min((int(text) for text in texts if text.strip().isdecimal()), default=None)


def out_of_memory_kills(root: Path = ROOT) -> int | None:
    """Returns how many processes of this group the system has killed for lack of memory; None if unknown."""
    for text in (
        *_contents(root, "memory", "memory.events"),
        *_contents(root, "memory", "memory.oom_control", version=1),
    ):
        for line in text.splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill" and count.isdecimal():
                return int(count)
    return None


def _contents(root: Path, controller: str, name: str, version: int = 2) -> Iterator[str]:
    """Reads a file in this process's group, then in its parent groups."""
    base = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if version == 2 and not controllers:
            yield from _upwards(base, path, name)
        if version == 1 and controller in controllers.split(","):
            yield from _upwards(base / controller, path, name)


def _upwards(mount: Path, path: str, name: str) -> Iterator[str]:
    folder = mount / path.lstrip("/")
    for each in (folder, *folder.parents):
        with contextlib.suppress(OSError):  # inside a container the parent groups are not visible
            yield (each / name).read_text(encoding="utf-8")
        if each == mount:
            return
