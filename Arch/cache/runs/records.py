"""Converts a run to JSON and back; fields that later versions add are ignored when it is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from Arch.cache.fields import Fields
from Arch.errors import CacheError
from Arch.types import ArrayInfo, Epoch, Run


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
        CorruptEntryError: a field is missing or of another type.
    """
    fields = Fields(document, path)
    return Run(
        index=fields.integer("Index"),
        seed=fields.integer("Seed"),
        epochs=tuple(epoch_from(Fields(each, path)) for each in fields.objects("Epochs")),
        scores=fields.numbers("Scores"),
        seconds=fields.number("Seconds"),
        provenance=fields.mapping("Provenance"),
        arrays=_arrays_from(fields, path) if "Arrays" in document else {},
    )


def epoch_document(epoch: Epoch) -> dict[str, Any]:
    """Returns an epoch as an object of `Run.json`; raises CacheError as `run_document`."""
    plain: dict[str, Any] = _plain(_epoch_members(epoch), f"epoch {epoch.number}")
    return plain


def _array_document(info: ArrayInfo) -> dict[str, Any]:
    return {"Axes": info.axes, "Meaning": info.meaning, **({"Missing": info.missing} if info.missing else {})}


def _arrays_from(fields: Fields, path: str) -> dict[str, ArrayInfo]:
    members = Fields(fields.mapping("Arrays"), path)
    return {name: _array_from(Fields(members.mapping(name), path)) for name in members.document}


def _array_from(fields: Fields) -> ArrayInfo:
    axes = fields.document.get("Axes")
    if not isinstance(axes, list) or not all(isinstance(axis, str) for axis in axes):
        raise fields.invalid("Axes", "a list of strings")
    return ArrayInfo(
        tuple(axes), fields.text("Meaning"), fields.text("Missing") if "Missing" in fields.document else ""
    )


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
        number=fields.integer("Number"),
        train=fields.numbers("Train"),
        test=fields.numbers("Test"),
        validation=fields.numbers("Validation"),
        learning_rate=fields.number("LearningRate"),
        seconds=fields.number("Seconds"),
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
