"""Provenance of a run: machine, versions, code, seeds."""

from __future__ import annotations

import platform
import re
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from Arch.machine.installation import INSTALLATION
from Arch.machine.programs import answer
from Arch.training.engine import Engine
from Arch.training.streams import Streams

_DRIVER = Path("/proc/driver/nvidia/version")
_TIMEOUT = 5  # seconds for another program, which may have to be read from a slow disk


def provenance(engine: Engine, streams: Streams) -> dict[str, Any]:
    """Returns what every run records of machine, versions, code and seeds; plain JSON values."""
    return {
        **engine.describe(),
        **_versions(),
        "host": host(),
        "driver": _driver() if engine.device.type == "cuda" else None,
        "platform": platform.platform(),
        **_own_code(),
        "seeds": {
            "order": streams.order,
            "augmentation": streams.augmentation,
            "initialisation": streams.initialisation,
            "dropout": streams.dropout,
        },
    }


def session(engine: Engine) -> dict[str, Any]:
    """Returns what may differ between the sessions of one run."""
    described = engine.describe()
    now = {"torch": str(torch.__version__), "device": described["device"], "threads": described["threads"]}
    return {**now, "host": host(), **_own_code()}


def host() -> str:
    """Returns the name of this machine."""
    return platform.node()


def code_version(root: Path) -> dict[str, Any]:
    """Returns the commit of the code in `root` and whether it was edited since; empty if git fails."""
    if not (root / ".git").exists():
        return {}
    commit = _git(root, "rev-parse", "HEAD")
    edits = _git(root, "status", "--porcelain", "--untracked-files=no")
    return {} if commit is None or edits is None else {"commit": commit, "is_edited": bool(edits)}


@cache
def _own_code() -> dict[str, Any]:
    """Returns the version of this code, read once per process: later edits do not affect a running process."""
    return code_version(INSTALLATION.repository) if INSTALLATION.repository else {}


@cache
def _versions() -> dict[str, Any]:
    return {
        "torch": str(torch.__version__),
        "torchvision": _installed("torchvision"),
        "numpy": _installed("numpy"),
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]  # torch leaves it untyped
        "python": platform.python_version(),
    }


@cache
def _driver() -> str | None:
    """Returns the version of NVIDIA's driver, from its kernel module or from nvidia-smi."""
    text = _DRIVER.read_text(errors="replace") if _DRIVER.exists() else ""
    match = re.search(r"Kernel Module.*?\s(\d+\.[\d.]+)", text)
    query = ("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")
    return match[1] if match else answer(*query, seconds=_TIMEOUT)


def _installed(package: str) -> str | None:
    """Returns the version of an installed package without importing it; None if it is absent."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _git(root: Path, *words: str) -> str | None:
    return answer("git", "-C", str(root), *words, seconds=_TIMEOUT)
