"""Converts a run to JSON and back; fields that later versions add are ignored when it is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from Arch.cache.fields import Fields
from Arch.cache.layout import MOST_RUNS
from Arch.cache.runs.origins import provenance_in
from Arch.errors import CacheError
from Arch.types import ArrayInfo, Epoch, Run

MOST_EPOCHS = 10**9


def run_document(run: Run) -> dict[str, Any]:
    """Returns the content of a run's `Run.json`.

    Raises:
        CacheError: it contains a number that is not finite, or a value that JSON cannot express.
    """
    document = {
        "Index": run.index,
        "Seed": run.seed,
        "Seconds": run.seconds,
        "Scores": run.scores,
        "Epochs": [_epoch_members(epoch) for epoch in run.epochs],
        **({"Arrays": {name: _array_document(info) for name, info in run.arrays.items()}} if run.arrays else {}),
        "Provenance": run.provenance,
    }
    plain: dict[str, Any] = _plain(document, f"run {run.index}")
    return plain


def run_from(document: Mapping[str, Any], path: str) -> Run:
    """Returns the run that a `Run.json` at `path` describes.

    Raises:
        CorruptEntryError: a field is missing, of another type or out of range.
    """
    fields = Fields(document, path)
    return Run(
        index=fields.count("Index", MOST_RUNS),
        seed=fields.integer("Seed"),
        epochs=tuple(epoch_from(Fields(each, path)) for each in fields.objects("Epochs")),
        scores=fields.numbers("Scores"),
        seconds=fields.seconds("Seconds"),
        provenance=provenance_in(fields),
        arrays=_arrays_from(fields) if "Arrays" in document else {},
    )


def epoch_document(epoch: Epoch) -> dict[str, Any]:
    """Returns an epoch as an object of `Run.json`; raises CacheError as `run_document`."""
    plain: dict[str, Any] = _plain(_epoch_members(epoch), f"epoch {epoch.number}")
    return plain


def _array_document(info: ArrayInfo) -> dict[str, Any]:
    return {"Axes": info.axes, "Meaning": info.meaning, **({"Missing": info.missing} if info.missing else {})}


def _arrays_from(fields: Fields) -> dict[str, ArrayInfo]:
    members = fields.inside("Arrays")
    return {name: _array_from(members.inside(name)) for name in members.document}


def _array_from(fields: Fields) -> ArrayInfo:
    missing = fields.text("Missing") if "Missing" in fields.document else ""
    return ArrayInfo(tuple(fields.texts("Axes")), fields.text("Meaning"), missing)


def _epoch_members(epoch: Epoch) -> dict[str, Any]:
    return {
        "Number": epoch.number,
        "Train": epoch.train,
        "Test": epoch.test,
        "Validation": epoch.validation,
        "LearningRate": epoch.learning_rate,
        "Seconds": epoch.seconds,
        **({"Stage": epoch.stage} if epoch.stage else {}),
    }


def epoch_from(fields: Fields) -> Epoch:
    """Returns the epoch that an object describes; raises CorruptEntryError as `run_from`."""
    return Epoch(
        number=fields.count("Number", MOST_EPOCHS),
        train=fields.numbers("Train"),
        test=fields.numbers("Test"),
        validation=fields.numbers("Validation"),
        learning_rate=fields.number("LearningRate"),
        seconds=fields.seconds("Seconds"),
        stage=fields.text("Stage") if "Stage" in fields.document else "",
    )


def _plain(value: Any, where: str) -> Any:
    """Converts a value to JSON types; `where` names it in the error."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise CacheError(f"{where} is {value}, and a run keeps finite numbers only. Nothing of it was kept.")
        return float(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(member, f"{where}, {name}") for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(member, f"{where}[{index}]") for index, member in enumerate(value)]
    raise CacheError(f"{where} is a {type(value).__name__}, which JSON cannot express. Nothing of it was kept.")
