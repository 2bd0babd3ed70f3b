"""Merges the outcomes of a run's stages, and writes the files of the merged outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from safetensors.torch import save as packed
from torch import Tensor

from Arch import files
from Arch.cache import layout
from Arch.training.run.stage import Outcome, Stage


def merged(stages: Sequence[Stage]) -> Outcome:
    """Merges the outcomes of finished stages; where two stages use one name, the later value counts."""
    outcomes = [stage.outcome() for stage in stages]
    epochs = [
        replace(epoch, stage=stage.name) if len(stages) > 1 else epoch
        for stage, outcome in zip(stages, outcomes, strict=True)
        for epoch in outcome.epochs
    ]
    return Outcome(
        scores={name: score for each in outcomes for name, score in each.scores.items()},
        epochs=tuple(epochs),
        weights={name: state for each in outcomes for name, state in each.weights.items()},
        arrays={name: array for each in outcomes for name, array in each.arrays.items()},
    )


def save(outcome: Outcome, folder: Path) -> None:
    """Writes the weights and arrays of a run into its folder; no file if there are none. Raises DiskError."""
    for name, state in outcome.weights.items():
        _save_tensors(folder / f"{name}.safetensors", state)
    if outcome.arrays:
        _save_tensors(folder / layout.ARRAYS, {name: array.values for name, array in outcome.arrays.items()})


def _save_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    files.write_synced(path, packed({key: each.detach().cpu().contiguous() for key, each in tensors.items()}))
