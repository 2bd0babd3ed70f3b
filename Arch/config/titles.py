"""Titles of experiments: short descriptions for tables, figures and logs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from Arch.config.names import TRAINER


class Titled(Protocol):
    """An experiment or a network with a title."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def active(self) -> Mapping[str, Any]:
        """Its active keys, with their values."""


def title_of(active: Mapping[str, Any], references: Mapping[str, Titled]) -> str:
    """Returns the title of an experiment.

    "resnet8 on Digits, taught by resnet20" is a network, its data and its teacher. A study without a network of its own
    has the name of its trainer and the titles of its references: "Evaluation of resnet8 on Digits".

    Args:
        active: its active keys, with their values.
        references: the experiments that it is made from, by key.
    """
    if "Model" not in active:
        return _title_of_study(active, references.values())
    data, teacher = _data(active), references.get("Teacher")
    words = f"{active['Model']} on {data}" if data else str(active["Model"])
    return words if teacher is None else f"{words}, taught by {teacher.active.get('Model') or teacher.title}"


def _title_of_study(active: Mapping[str, Any], references: Collection[Titled]) -> str:
    """Returns the trainer's name, its references' titles, and its data where the titles do not have these already."""
    titles, data = [each.title for each in references], _data(active)
    words = f"{active.get(TRAINER, 'Study')}{' of ' * bool(titles)}{' and '.join(titles)}"
    if not data or {data} == {_data(each.active) for each in references}:
        return words
    return f"{words}{',' * any(' on ' in title for title in titles)} on {data}"


def _data(active: Mapping[str, Any]) -> str:
    return str(active.get("DataName") or active.get("Dataset") or "")
