"""Describes the machine that a result was measured on, in one line."""

import os
import platform
from pathlib import Path


def machine() -> str:
    """Returns the processor, the cores that this process may use, and the Python version."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = lines[0].partition(":")[2].strip() if lines else model
    return f"{model}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"
