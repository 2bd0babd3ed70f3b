"""The figures of evaluations; the oracle is arithmetic by hand beside the literal counts."""

import dataclasses

import numpy as np
import pytest

from Arch.figures import UnsuitableError
from Arch.report.arrays import Array
from Arch.types import ArrayInfo

CONFUSION = np.array([[3, 1], [0, 4]])


@dataclasses.dataclass(frozen=True)
class Evaluated:
    """An experiment with arrays, a dictionary for each run."""

    label: str
    result: object
    runs: tuple
    found: tuple

    def arrays(self, run):
        return {
            name: Array(values, ArrayInfo(("axis",) * values.ndim, name)) for name, values in self.found[run].items()
        }


@pytest.fixture
def evaluated(shown):
    def make(label, *found, provenance=()):
        plain = shown(label, [0.5] * len(found), epochs=[()] * len(found), provenance=provenance)
        return Evaluated(label, plain.result, plain.runs, found)

    return make


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_a_cell_is_the_share_of_its_class(sheet_of, evaluated):
    axes = sheet_of("confusion", [evaluated("a", {"confusion": CONFUSION})]).axes[0]
    assert texts(axes) == ["75", "25", "0", "100"]
    assert axes.images[0].get_array().tolist() == [[75, 25], [0, 100]]


def test_the_counts_of_all_runs_are_added(sheet_of, evaluated):
    runs = {"confusion": CONFUSION}, {"confusion": np.array([[1, 3], [4, 0]])}
    axes = sheet_of("confusion", [evaluated("a", *runs)]).axes[0]
    assert texts(axes) == ["50", "50", "50", "50"]
    assert axes.get_title() == "a (n=2)"


@pytest.mark.parametrize("name", ["confusion", "reliability"])
def test_unlike_runs_are_starred_and_explained(name, sheet_of, evaluated):
    runs = [{"confusion": CONFUSION, **BINS}] * 2
    unlike = [{"device": "cpu", "threads": 1}, {"device": "cuda", "threads": 1}]
    sheet = sheet_of(name, [evaluated("a", *runs, provenance=unlike), evaluated("b", *runs)])
    titles = [axes.get_title().partition("\n")[0] for axes in sheet.axes[:2]]
    assert titles == ["a (n=2)*", "b (n=2)"]
    assert sheet.get_supxlabel() == "* over runs of unlike device"


def test_a_class_without_samples_has_an_empty_row(sheet_of, evaluated):
    axes = sheet_of("confusion", [evaluated("a", {"confusion": np.array([[2, 0], [0, 0]])})]).axes[0]
    assert texts(axes) == ["100", "0", "0", "0"]


def test_many_classes_have_no_numbers(sheet_of, evaluated):
    axes = sheet_of("confusion", [evaluated("a", {"confusion": np.eye(13, dtype=int)})]).axes[0]
    assert texts(axes) == []


BINS = {
    "bin_count": np.array([0, 4]),
    "bin_confidence": np.array([np.nan, 0.75]),
    "bin_accuracy": np.array([np.nan, 0.5]),
}


def test_a_bar_is_the_accuracy_of_its_bin_and_the_gap_reaches_the_confidence(sheet_of, evaluated):
    axes = sheet_of("reliability", [evaluated("a", BINS)]).axes[0]
    accuracy, gap = axes.containers[0].patches[1], axes.containers[1].patches[1]
    assert (accuracy.get_x(), accuracy.get_width(), accuracy.get_height()) == (0.5, 0.5, 0.5)
    assert (gap.get_y(), gap.get_y() + gap.get_height()) == (0.5, 0.75)


def test_bins_of_several_runs_are_pooled_by_their_predictions(sheet_of, evaluated):
    other = {"bin_count": np.array([0, 12]), "bin_confidence": np.array([0, 0.95]), "bin_accuracy": np.array([0, 0.9])}
    axes = sheet_of("reliability", [evaluated("a", BINS, other)]).axes[0]
    assert axes.containers[0].patches[1].get_height() == pytest.approx((4 * 0.5 + 12 * 0.9) / 16)


@pytest.mark.parametrize("name", ["confusion", "reliability"])
def test_an_experiment_without_arrays_is_left_out_by_name(sheet_of, evaluated, name):
    with pytest.raises(UnsuitableError, match=r"no run has .*`main.py evaluate` makes") as caught:
        sheet_of(name, [evaluated("a", {"confusion": CONFUSION, **BINS}), evaluated("b", {})])
    assert list(caught.value.reasons) == [1]
