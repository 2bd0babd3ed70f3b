"""The curves of loss and accuracy; the oracles are means and ranges computed by hand from literal epochs."""

from __future__ import annotations

import pytest

from Arch.figures import UnsuitableError
from Arch.figures._style import COLOURS, MARKERS
from Arch.figures.training_curves import curve


def epoch(loss, accuracy, test_loss=None, test_accuracy=None):
    test = {} if test_loss is None else {"loss": test_loss, "accuracy": test_accuracy}
    return {"loss": loss, "accuracy": accuracy}, test


FIRST = [epoch(2.0, 0.2, 2.5, 0.1), epoch(1.0, 0.6, 1.5, 0.5)]
SECOND = [epoch(4.0, 0.4, 3.5, 0.3), epoch(1.5, 0.8, 2.5, 0.6)]
THIRD = [epoch(3.0, 0.3, 4.5, 0.2), epoch(2.0, 0.7, 2.0, 0.7)]


@pytest.fixture
def curves_of(sheet_of):
    return lambda *experiments: sheet_of("training-curves", experiments)


def line(axes, style):
    (found,) = [line for line in axes.lines if line.get_linestyle() == style]
    return list(found.get_xdata()), list(found.get_ydata())


def band(axes, place):
    """Returns the lowest and highest value of each epoch, read from the polygon."""
    values = {}
    for epoch, value in axes.collections[place].get_paths()[0].vertices:
        values.setdefault(epoch, []).append(value)
    return {epoch: (min(found), max(found)) for epoch, found in values.items()}


def legend(sheet):
    return [" ".join(text.get_text().split()) for text in sheet.legends[0].get_texts()]


def test_a_line_is_the_mean_over_runs(curves_of, shown):
    loss, accuracy = curves_of(shown("a", [], [FIRST, SECOND, THIRD])).axes
    assert line(loss, "-") == ([1, 2], pytest.approx([3.5, 2.0]))
    assert line(loss, "--") == ([1, 2], pytest.approx([3.0, 1.5]))
    assert line(accuracy, "-") == ([1, 2], pytest.approx([20, 60]))
    assert line(accuracy, "--") == ([1, 2], pytest.approx([30, 70]))


def test_a_band_goes_from_the_lowest_run_to_the_highest(curves_of, shown):
    loss, accuracy = curves_of(shown("a", [], [FIRST, SECOND, THIRD])).axes
    assert band(loss, 0) == {1: (2.5, 4.5), 2: (1.5, 2.5)}
    assert band(accuracy, 1) == {1: pytest.approx((20, 40)), 2: pytest.approx((60, 80))}


def test_a_single_run_has_no_band(curves_of, shown):
    sheet = curves_of(shown("a", [], [FIRST]))
    assert [len(axes.collections) for axes in sheet.axes] == [0, 0]
    assert legend(sheet) == ["a (n=1)", "test", "train"]


def test_epochs_without_evaluation_are_skipped(curves_of, shown):
    runs = [[epoch(3.0, 0.1), epoch(2.0, 0.2, 2.5, 0.3), epoch(1.0, 0.3), epoch(0.5, 0.4, 1.5, 0.5)]]
    loss, accuracy = curves_of(shown("a", [], runs)).axes
    assert line(loss, "-") == ([2, 4], [2.5, 1.5])
    assert line(accuracy, "-") == ([2, 4], [30, 50])
    assert line(loss, "--")[0] == [1, 2, 3, 4]


def test_without_evaluations_only_the_training_curve_is_drawn(curves_of, shown):
    loss, accuracy = curves_of(shown("a", [], [[epoch(3.0, 0.1), epoch(2.0, 0.2)]])).axes
    assert line(loss, "-") == ([], [])
    assert line(accuracy, "--") == ([1, 2], [10, 20])


def test_each_epoch_is_averaged_over_the_runs_that_have_it(shown):
    drawn = curve(shown("a", [], [FIRST, SECOND[:1]]).runs, "test", "loss")
    assert (drawn.epochs, drawn.n) == ((1, 2), (2, 1))
    assert drawn.mean == pytest.approx((3.0, 1.5))
    assert (drawn.low, drawn.high) == ((2.5, 1.5), (3.5, 1.5))


def test_the_legend_shows_n_as_a_range_where_it_varies(curves_of, shown):
    assert legend(curves_of(shown("a", [], [FIRST, SECOND[:1]])))[0] == "a (n=1 to 2)"


def test_the_legend_names_experiments_lines_and_band(curves_of, shown):
    sheet = curves_of(shown("resnet8, VanillaKD", [], [FIRST, SECOND]), shown("resnet8", [], [THIRD]))
    assert legend(sheet) == [
        "resnet8, VanillaKD (n=2)",
        "resnet8 (n=1)",
        "test",
        "train",
        "band: lowest to highest run, line: mean",
    ]


def test_axes_have_names_and_units(curves_of, shown):
    loss, accuracy = curves_of(shown("a", [], [FIRST])).axes
    assert (loss.get_ylabel(), accuracy.get_ylabel(), accuracy.get_xlabel()) == ("Loss", "Accuracy (%)", "Epoch")


@pytest.mark.parametrize("epochs", [1, 2])
def test_epochs_are_marked_by_whole_numbers(curves_of, shown, epochs):
    ticks = curves_of(shown("a", [], [FIRST[:epochs]])).axes[1].get_xticks()
    assert all(tick == round(tick) for tick in ticks)


def test_losses_that_differ_by_orders_of_magnitude_get_a_labelled_logarithmic_axis(curves_of, shown):
    loss, accuracy = curves_of(shown("a", [], [[epoch(10.0, 0.1), epoch(1.0, 0.9)]])).axes
    assert (loss.get_yscale(), accuracy.get_yscale()) == ("log", "linear")
    assert loss.get_ylabel() == "Loss (logarithmic)"


@pytest.mark.parametrize(("last", "ticks"), [(0.5, [0.5, 1, 2, 5, 10]), (0.05, [0.1, 1, 10])])
def test_a_logarithmic_axis_has_few_ticks_without_exponents(curves_of, shown, last, ticks):
    loss = curves_of(shown("a", [], [[epoch(10.0, 0.1), epoch(last, 0.9)]])).axes[0]
    bottom, top = loss.get_ylim()
    shown_ticks = [text.get_text() for text in loss.get_yticklabels() if bottom <= text.get_position()[1] <= top]
    assert shown_ticks == [f"{tick:g}" for tick in ticks]


def test_a_loss_of_zero_keeps_the_axis_linear(curves_of, shown):
    assert curves_of(shown("a", [], [[epoch(10.0, 0.1), epoch(0.0, 0.9)]])).axes[0].get_yscale() == "linear"


def test_if_the_test_split_has_no_loss_its_nll_is_drawn_and_named(curves_of, shown):
    runs = [[({"loss": 2.0, "accuracy": 0.5}, {"nll": 1.5, "accuracy": 0.4})]]
    loss = curves_of(shown("a", [], runs)).axes[0]
    assert line(loss, "-") == ([1], [1.5])
    assert loss.get_ylabel() == "Loss (test: NLL)"


def test_unlike_runs_are_starred_and_explained(curves_of, shown):
    unlike = [{"threads": 1}, {"threads": 2}]
    sheet = curves_of(shown("a", [0.1, 0.2], [FIRST, SECOND], unlike), shown("b", [0.1], [FIRST]))
    assert legend(sheet)[:2] == ["a (n=2)*", "b (n=1)"]
    assert legend(sheet)[-1] == "* over runs of unlike threads"


def test_experiments_differ_in_colour_or_marker_until_all_combinations_are_used(curves_of, shown):
    n = len(COLOURS) * len(MARKERS)
    sheet = curves_of(*(shown("a", [], [FIRST[:1]]) for _ in range(n)))
    tests = [line for line in sheet.axes[0].lines if line.get_linestyle() == "-"]
    assert len({(line.get_color(), line.get_marker()) for line in tests}) == n


def test_the_lines_of_a_legend_look_like_their_curves(curves_of, shown):
    sheet = curves_of(shown("a", [], [FIRST]), shown("b", [], [SECOND]))
    drawn = [line for line in sheet.axes[1].lines if line.get_linestyle() == "-"]
    for key, curve_line in zip(sheet.legends[0].get_lines(), drawn, strict=False):
        assert (key.get_color(), key.get_marker()) == (curve_line.get_color(), curve_line.get_marker())


def test_an_experiment_without_epochs_is_an_error(curves_of, shown):
    with pytest.raises(UnsuitableError, match=r"^no run has epochs with a loss or an accuracy$") as error:
        curves_of(shown("a", [], [FIRST]), shown("resnet8", [], [[]]))
    assert list(error.value.reasons) == [1]


def test_a_long_legend_stays_on_the_sheet_and_off_the_panels(curves_of, shown):
    long = "resnet8, VanillaKD, NormalizeLogits, Temperature=4, LGLossWeight=16, Teacher=resnet32x4"
    sheet = curves_of(*(shown(f"{long}, Seed={index}", [], [FIRST, SECOND]) for index in range(20)))
    box = sheet.legends[0].get_window_extent()
    assert all(sheet.bbox.padded(1).contains(*corner) for corner in (box.min, box.max))
    assert box.y1 <= sheet.axes[1].get_tightbbox().y0
    assert min(axes.get_window_extent().height for axes in sheet.axes) > 0.2 * sheet.bbox.width
