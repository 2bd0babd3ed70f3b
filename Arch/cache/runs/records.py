"""Converts a run to JSON and back; fields that later versions add are ignored when it is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from Arch.cache.fields import Fields
from Arch.errors import CacheError
from Arch.types import Epoch, Run


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
        "Epochs": [_epoch_document(epoch) for epoch in run.epochs],
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
        epochs=tuple(_epoch_from(Fields(each, path)) for each in fields.objects("Epochs")),
        scores=fields.numbers("Scores"),
        seconds=fields.number("Seconds"),
        provenance=fields.mapping("Provenance"),
    )


def _epoch_document(epoch: Epoch) -> dict[str, Any]:
    return {
        "Number": epoch.number,
        "Train": epoch.train,
        "Test": epoch.test,
        "Validation": epoch.validation,
        "LearningRate": epoch.learning_rate,
        "Seconds": epoch.seconds,
    }


def _epoch_from(fields: Fields) -> Epoch:
    return Epoch(
        number=fields.integer("Number"),
        train=fields.numbers("Train"),
        test=fields.numbers("Test"),
        validation=fields.numbers("Validation"),
        learning_rate=fields.number("LearningRate"),
        seconds=fields.number("Seconds"),
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
