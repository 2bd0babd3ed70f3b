"""Where a run came from: machine, versions, code, data, seeds."""

from __future__ import annotations

import hashlib
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from Arch.errors import DataError

if TYPE_CHECKING:
    from Arch.config.config import Config
    from Arch.datasets.loading import ImageData
    from Arch.datasets.normalization import Normalization
    from Arch.training.engine import Engine
    from Arch.training.streams import Streams
    from Arch.types import Run

_ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 5  # seconds for git, which may sit on a slow disk


def provenance(engine: Engine, dataset: ImageData, streams: Streams, steps_per_epoch: int) -> dict[str, Any]:
    """What a run records of itself beside its numbers; every value is plain JSON."""
    return {
        **engine.describe(),
        "torch": str(torch.__version__),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "command": shlex.join(sys.argv),
        **code_version(_ROOT),
        **data_record(dataset),
        "seeds": {
            "order": streams.order,
            "augmentation": streams.augmentation,
            "initialisation": streams.initialisation,
            "dropout": streams.dropout,
        },
        "steps_per_epoch": steps_per_epoch,
    }


def versions(config: Config) -> dict[str, int]:
    """The version that the rules declare for each component of a config, by key, so that later ones can be told."""
    choices = {key: config.rules.keys[key].schema.choices for key in config.active}
    return {
        key: choices[key][value]
        for key, value in config.active.items()
        if isinstance(value, str) and value in choices[key]
    }


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


def _digest(constants: Normalization) -> str:
    """Names the constants that images are normalised with; per pixel they are too many to write down."""
    named = hashlib.sha256()
    for each in (constants.mean, constants.std):
        named.update(f"{tuple(each.shape)}{each.flatten().tolist()}".encode())
    return named.hexdigest()[:16]


def _git(root: Path, *words: str) -> str | None:
    try:
        answer = subprocess.run(  # noqa: S603 - fixed words, no shell
            ["git", "-C", str(root), *words],  # noqa: S607 - the user's own git
            capture_output=True,
            text=True,
            check=True,
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
