"""Where a run came from: machine, versions, code, data, seeds."""

from __future__ import annotations

import hashlib
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from Arch.errors import DataError
from Arch.machine.installation import INSTALLATION

if TYPE_CHECKING:
    from Arch.datasets.loading import ImageData
    from Arch.datasets.normalization import Normalization
    from Arch.training.engine import Engine
    from Arch.training.fit.fit import Fit
    from Arch.training.streams import Streams
    from Arch.types import Run

_DRIVER = Path("/proc/driver/nvidia/version")
_PATIENCE = 5  # seconds for another program, which may sit on a slow disk


def record(training: Fit) -> dict[str, Any]:
    """What a run records of itself beside its numbers; every value is plain JSON."""
    trainer = training.trainer
    return {
        **provenance(trainer.engine, training.dataset, training.streams, training.batches.steps),
        "versions": dict(trainer.config.versions),
        "made_from": {key: each.origin() for key, each in trainer.networks.items()},
        **({"pretrained": trainer.start.record()} if trainer.start else {}),
        **({"plugins": trainer.config.plugin_records} if trainer.config.rules.plugins else {}),
    }


def provenance(engine: Engine, dataset: ImageData, streams: Streams, steps_per_epoch: int) -> dict[str, Any]:
    """What every run on an engine records of machine, versions, code, data and seeds."""
    return {
        **engine.describe(),
        **_versions(),
        "host": host(),
        "driver": _driver() if engine.device.type == "cuda" else None,
        "platform": platform.platform(),
        "command": shlex.join(sys.argv),
        **_own_code(),
        **data_record(dataset),
        "seeds": {
            "order": streams.order,
            "augmentation": streams.augmentation,
            "initialisation": streams.initialisation,
            "dropout": streams.dropout,
        },
        "steps_per_epoch": steps_per_epoch,
    }


def session(engine: Engine) -> dict[str, Any]:
    """What may differ between the sessions of one run."""
    described = engine.describe()
    now = {"torch": str(torch.__version__), "device": described["device"], "threads": described["threads"]}
    return {**now, "host": host(), **_own_code()}


def host() -> str:
    """What this machine is called."""
    return platform.node()


def data_record(dataset: ImageData) -> dict[str, Any]:
    """What a run records of its data: enough to rebuild its network, and to notice other data under the same name."""
    return {
        "data_digest": dataset.digest,
        "normalization": _digest(dataset.normalization),
        "input_shape": list(dataset.shape),
        "classes": len(dataset.classes),
        "class_names": list(dataset.classes),
        "train_samples": len(dataset.train),
    }


def require_same_data(dataset: ImageData, records: Iterable[Mapping[str, Any]], whose: str) -> None:
    """Checks that recorded digests, where there are any, are that of the data at hand.

    Args:
        dataset: the data at hand.
        records: provenance of the runs to agree with.
        whose: how the message calls them.

    Raises:
        DataError: other data have the same name.
    """
    for record in records:
        if record.get("data_digest", dataset.digest) != dataset.digest:
            raise DataError(
                f"the data called {dataset.name} are not those of {whose}: their digest is {dataset.digest[:12]}, "
                f"that of {whose} {record['data_digest'][:12]}. Put the old data back, or give the new ones a name "
                "of their own (DataName)."
            )


def require_same_data_as_runs(dataset: ImageData, runs: Iterable[Run]) -> None:
    """Checks that an experiment's earlier runs saw the data at hand; raises as `require_same_data`."""
    for run in runs:
        require_same_data(dataset, (run.provenance,), f"run {run.index} of this experiment")


def code_version(root: Path) -> dict[str, Any]:
    """The commit of the code in `root` and whether it was edited since; empty where git cannot tell."""
    if not (root / ".git").exists():
        return {}
    commit = _git(root, "rev-parse", "HEAD")
    edits = _git(root, "status", "--porcelain", "--untracked-files=no")
    return {} if commit is None or edits is None else {"commit": commit, "is_edited": bool(edits)}


@cache
def _own_code() -> dict[str, Any]:
    """The version of this very code, asked once for a process: what is edited later does not act in it."""
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
    """The version of NVIDIA's driver, as its kernel module or its own program tells it."""
    text = _DRIVER.read_text(errors="replace") if _DRIVER.exists() else ""
    told = re.search(r"Kernel Module.*?\s(\d+\.[\d.]+)", text)
    return told[1] if told else _answer("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")


def _installed(package: str) -> str | None:
    """The version of an installed package, which is not imported for it."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _digest(constants: Normalization) -> str:
    """Names the constants that images are normalised with; per pixel they are too many to write down."""
    named = hashlib.sha256()
    for each in (constants.mean, constants.std):
        named.update(f"{tuple(each.shape)}{each.flatten().tolist()}".encode())
    return named.hexdigest()[:16]


def _git(root: Path, *words: str) -> str | None:
    return _answer("git", "-C", str(root), *words)


def _answer(*words: str) -> str | None:
    """What a program prints, or None where it is absent or fails."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, no shell
            words, capture_output=True, text=True, check=True, timeout=_PATIENCE
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
