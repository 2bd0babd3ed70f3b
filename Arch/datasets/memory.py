"""How much memory a process may use: the machine's, or less where it runs in a control group with a limit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_ROOT = Path("/")


def memory_bytes(root: Path = _ROOT) -> int:
    """What this process may hold at most, in bytes.

    Schedulers and containers limit it by control groups, of either version; the limit of each group counts for those
    within it.

    Args:
        root: where `/proc` and `/sys` are.
    """
    return min(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_limits(root))


def _limits(root: Path) -> Iterator[int]:
    yield 1 << 62  # none
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, group = line.split(":", 2)
        if controllers in {"", "memory"}:
            folder, name = ("memory", "memory.limit_in_bytes") if controllers else ("", "memory.max")
            within = PurePosixPath(group.lstrip("/"))
            for place in (within, *within.parents):
                limit = _text(root / "sys/fs/cgroup" / folder / place / name).strip()
                if limit.isdecimal():  # and not `max`
                    yield int(limit)


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
