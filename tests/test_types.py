"""The frozen records that the layers of the package exchange."""

from pathlib import Path

import pytest

from Arch.types import Result


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
