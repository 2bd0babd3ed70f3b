"""Reads how much memory this process may use, and whether data fit into it."""

from __future__ import annotations

import os
from pathlib import Path

from Arch.machine.cgroups import ROOT, memory_limit

RESIDENT_SHARE = 0.5  # of a memory may be filled with data; the rest is for everything else


def memory_bytes(root: Path = ROOT) -> int:
    """Returns how many bytes this process may use: the machine's memory, or the limit of its control groups.

    Args:
        root: where `/proc` and `/sys` are.
    """
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = memory_limit(root)
    return physical if limit is None else min(physical, limit)


def fits_memory(size: int) -> bool:
    """Returns whether `size` bytes of data may be kept in the memory that this process may use."""
    return size <= RESIDENT_SHARE * memory_bytes()
