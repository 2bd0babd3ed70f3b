"""The bars; the oracle is arithmetic by hand beside the literal accuracies."""

from __future__ import annotations

import itertools

import pytest

from Arch.figures import UnsuitableError

# 90, 92, 97: mean 93, deviations -3, -1, 4, sample variance (9 + 1 + 16) / 2 = 13
THREE = (0.90, 0.92, 0.97)


@pytest.fixture
def axes_of(sheet_of):
    return lambda experiments: sheet_of("accuracy-bars", experiments).axes[0]


def names(axes):
    return [" ".join(text.get_text().split()) for text in axes.get_yticklabels()]


def whiskers(axes):
    return [line for container in axes.containers[1:] for line in container.lines[2][0].get_segments()]


def dots(axes):
    return [line for line in axes.lines if line.get_marker() == "o"]


def test_a_bar_is_as_long_as_the_mean_in_percent(axes_of, shown):
    axes = axes_of([shown("a", THREE), shown("b", [0.5])])
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([93.0, 50.0])
    assert [bar.get_x() for bar in axes.patches] == [0, 0]


def test_a_whisker_is_one_sample_deviation_to_each_side(axes_of, shown):
    (segment,) = whiskers(axes_of([shown("a", THREE), shown("b", [0.5])]))
    assert segment[:, 0] == pytest.approx([93 - 13**0.5, 93 + 13**0.5])


def test_every_run_is_a_dot_inside_its_bar(axes_of, shown):
    axes = axes_of([shown("a", THREE), shown("b", [0.5])])
    assert [list(line.get_xdata()) for line in dots(axes)] == [pytest.approx([90, 92, 97]), pytest.approx([50])]
    for line, bar in zip(dots(axes), axes.patches, strict=True):
        assert all(bar.get_y() < y < bar.get_y() + bar.get_height() for y in line.get_ydata())


def test_equal_runs_are_seen_as_several_dots(axes_of, shown):
    (line,) = dots(axes_of([shown("a", [0.5, 0.5, 0.5, 0.5])]))
    assert len(set(line.get_ydata())) == 4


def test_labels_have_n_and_keep_the_order_given(axes_of, shown):
    axes = axes_of([shown("resnet8, VanillaKD", THREE), shown("resnet8", [0.5])])
    assert names(axes) == ["resnet8, VanillaKD (n=3)", "resnet8 (n=1)"]
    upper, lower = (axes.transData.transform((0, bar.get_y()))[1] for bar in axes.patches)
    assert upper > lower


@pytest.mark.parametrize(
    ("accuracies", "value"),
    [(THREE, "93.0 ± 3.6"), ([0.5], "50.0"), ([0.5, 0.5], "50.0 ± 0.0"), ([0.5001, 0.5003], "50.02 ± 0.01")],
)
def test_the_value_is_printed_beside_the_bar(axes_of, shown, accuracies, value):
    assert [text.get_text() for text in axes_of([shown("a", accuracies)]).texts] == [value]


@pytest.mark.parametrize("lower", [0.3, 0.5])  # zoomed in, 50 and 90 would start at 10
def test_far_apart_accuracies_start_at_zero(axes_of, shown, lower):
    axes = axes_of([shown("a", [lower]), shown("b", [0.9])])
    assert axes.get_xlim()[0] == 0
    assert axes.get_xlabel() == "Test accuracy (%)"


def test_near_accuracies_are_zoomed_in_and_the_axis_is_labelled_so(axes_of, shown):
    # 90 and 94 are 4 apart, so the axis starts another 4 below
    axes = axes_of([shown("a", [0.90]), shown("b", [0.94])])
    assert axes.get_xlim() == pytest.approx((86.0, 94.4))
    assert "axis starts at 86 %, not at 0" in axes.get_xlabel()


@pytest.mark.parametrize("accuracies", [[1.0], [0.0], [0.999, 1.0], [0.97, 0.99], [0.1, 1.0], [1.0, 1.0]])
def test_runs_and_whiskers_are_inside_the_axis(axes_of, shown, accuracies):
    axes = axes_of([shown("a", accuracies)])
    left, right = axes.get_xlim()
    seen = [x for line in dots(axes) for x in line.get_xdata()] + [x for one in whiskers(axes) for x in one[:, 0]]
    assert left <= min(seen)
    assert max(seen) <= right


def test_an_axis_ends_at_100_percent_or_before(axes_of, shown):
    assert axes_of([shown("a", [0.99])]).get_xlim()[1] <= 100


def test_whiskers_are_explained_where_there_are_any(axes_of, shown):
    assert "standard deviation" in axes_of([shown("a", THREE)]).get_xlabel()
    assert "standard deviation" not in axes_of([shown("a", [0.5])]).get_xlabel()


def test_unlike_runs_are_starred_and_explained(axes_of, shown):
    unlike = [{"device": "cpu", "threads": 1}, {"device": "cuda", "threads": 1}]
    axes = axes_of([shown("a", [0.5, 0.6], provenance=unlike), shown("b", [0.5, 0.6])])
    assert names(axes) == ["a (n=2)*", "b (n=2)"]
    assert axes.get_xlabel().endswith("* over runs of unlike device")


def test_a_long_note_stays_on_the_sheet(sheet_of, shown):
    names = ["Teacher weights", "Network: Teacher weights", "Network: Optimizer version"]
    unlike = [{}, {"accepted_unlike": {name: ["3f9a", "77ab"] for name in names}}]
    sheet = sheet_of("accuracy-bars", [shown("a long name of an experiment " * 2, [0.5, 0.6], provenance=unlike)])
    label = sheet.axes[0].xaxis.label
    assert " ".join(label.get_text().split()).endswith("* over runs of unlike " + ", ".join(names))
    box = label.get_window_extent()
    assert sheet.bbox.padded(1).contains(*box.min)
    assert sheet.bbox.padded(1).contains(*box.max)


def test_an_experiment_without_an_accuracy_is_an_error(axes_of, shown):
    with pytest.raises(UnsuitableError, match=r"^no run has an accuracy$") as error:
        axes_of([shown("a", [0.5]), shown("resnet8", [])])
    assert list(error.value.reasons) == [1]


def test_many_long_labels_do_not_overlap_and_stay_on_the_sheet(sheet_of, shown):
    long = "resnet8, VanillaKD, NormalizeLogits, Temperature=4, Teacher=resnet32x4, AVeryLongNameWithoutAnySpaceInIt"
    sheet = sheet_of("accuracy-bars", [shown(f"{long[: 10 + 4 * i]}, Seed={i}", THREE) for i in range(20)])
    boxes = [label.get_window_extent() for label in sheet.axes[0].get_yticklabels()]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    inside = sheet.bbox.padded(1)
    assert all(inside.contains(*corner) for box in boxes for corner in (box.min, box.max))
    assert sheet.axes[0].get_window_extent().width > sheet.bbox.width / 4
