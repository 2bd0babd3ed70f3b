"""The frozen records that the layers of the package exchange."""

from pathlib import Path

import pytest

from Arch.types import Result, unlike_versions


@pytest.mark.parametrize(
    ("runs", "headline"),
    [
        ([{"nll": 1.0, "accuracy": 0.5}], "accuracy"),
        ([{"auroc": 0.9, "fpr95": 0.2}], "auroc"),
        ([{"auroc": 0.9}, {"auroc": 0.9, "accuracy": 0.5}], "accuracy"),
        ([{}], ""),
        ([], ""),
    ],
)
def test_the_headline_is_the_accuracy_or_else_the_first_score(runs, headline):
    scores = dict(enumerate(runs))
    assert Result("f" * 32, {}, scores, dict.fromkeys(scores, 1.0), Path("KDTrainer")).headline == headline


@pytest.mark.parametrize(
    ("recorded", "unlike"),
    [
        ([{"Model": 1}, {"Model": 1}], {}),
        ([{"Model": 1}, None, {}], {}),
        ([{"Model": 1}, {"Model": 2}, {"Model": 1}], {"Model version": (1, 2)}),
        ([{"Model": 1}, {"Model": 1, "Optimizer": 2}], {}),  # a component that runs did not record before
        ([{"Model": 1}, {"Teacher.normalization": 2}], {"Teacher.normalization version": (1, 2)}),
        ([{"mine.py": "3f9a"}, {"mine.py": "77ab"}], {"mine.py version": ("3f9a", "77ab")}),
    ],
)
def test_components_of_several_versions(recorded, unlike):
    assert unlike_versions([{} if each is None else {"versions": each} for each in recorded]) == unlike
