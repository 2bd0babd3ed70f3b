"""The table and the JSON rows; every oracle is arithmetic by hand beside the literal scores."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from Arch.report import json_rows, table
from Arch.report.table import percent
from Arch.types import Result, Statistic
from tests.repository import ROOT


def result(scores, provenance=None, fingerprint="f" * 32):
    runs = dict(enumerate(scores))
    return Result(
        fingerprint=fingerprint,
        active={"Model": "resnet8"},
        scores=runs,
        seconds={index: 10.0 + index for index in runs},
        path=Path("KDTrainer") / fingerprint,
        provenance=dict(enumerate(provenance or [])),
    )


# mean 97.2, deviations -0.3, 0, +0.3, so the sample standard deviation is sqrt(2 * 0.09 / 2) = 0.3
THREE = result([{"accuracy": 0.969, "nll": 0.1}, {"accuracy": 0.972, "nll": 0.2}, {"accuracy": 0.975, "nll": 0.3}])
ONE = result([{"accuracy": 0.9722}])


def test_several_runs_show_mean_sample_deviation_and_n():
    assert "97.2 ± 0.3 % (n=3)" in table([THREE], ["resnet8"])


def test_a_single_run_shows_no_deviation():
    assert "  97.2 % (n=1)" in table([ONE], ["resnet8"])


def test_a_small_deviation_gets_a_second_decimal():
    # mean 97.25, deviations -0.02 and +0.02: sqrt(2 * 0.0004) = 0.028
    close = result([{"accuracy": 0.9723}, {"accuracy": 0.9727}])
    assert "97.25 ± 0.03 % (n=2)" in table([close], ["resnet8"])


def test_runs_that_agree_exactly_deviate_by_nothing():
    assert "50.0 ± 0.0 % (n=2)" in table([result([{"accuracy": 0.5}, {"accuracy": 0.5}])], ["resnet8"])


@pytest.mark.parametrize("name", ["accuracy", "best_accuracy", "teacher_accuracy", "agreement"])
def test_accuracies_and_agreements_are_percentages(name):
    assert "12.5 % (n=1)" in table([result([{name: 0.125}])], ["resnet8"])


@pytest.mark.parametrize(("value", "shown"), [(0.5, "0.500"), (0.0, "0.000"), (0.00123, "0.0012"), (250.04, "250.0")])
def test_other_scores_are_plain_numbers(value, shown):
    assert f"  {shown}  " in table([result([{"accuracy": 0.5, "ece": value}])], ["resnet8"])


def test_other_scores_have_a_deviation_too():
    assert "  0.200 ± 0.100  " in table([THREE], ["resnet8"])


def test_n_is_shown_once_where_all_scores_have_the_same_n():
    assert table([THREE], ["resnet8"]).count("n=3") == 1
    assert "0.200 ± 0.100 (n=3)" in table([THREE], ["resnet8"], ["nll", "accuracy"])


def test_a_score_that_some_runs_lack_shows_its_own_n():
    assert "0.500 (n=1)" in table([result([{"accuracy": 0.9, "kl": 0.5}, {"accuracy": 0.9}])], ["resnet8"])


def test_a_score_that_an_experiment_lacks_is_a_dash():
    lines = table([THREE, ONE], ["three", "one"]).splitlines()
    assert lines[3].split() == ["one", "97.2", "%", "(n=1)", "-", "10.0"]


def test_experiments_without_an_accuracy_show_n_at_their_first_score():
    norms = result([{"mean_norm": 1.25}, {"mean_norm": 1.25}])
    assert table([norms], ["norms"]).splitlines()[0].split() == ["experiment", "mean", "norm", "seconds/run"]
    assert table([ONE, norms], ["one", "norms"]).splitlines()[3].split()[:5] == ["norms", "-", "1.250", "±", "0.000"]
    assert table([ONE, norms], ["one", "norms"]).splitlines()[3].split()[5] == "(n=2)"


def test_seconds_are_the_mean_of_a_run():
    assert table([THREE], ["resnet8"]).splitlines()[2].endswith("  11.0")


def test_an_experiment_without_runs_is_a_row_of_dashes():
    assert table([THREE, result([])], ["three", "none"]).splitlines()[3].split() == ["none", "-", "-", "-"]


def test_no_experiments_leave_the_heading_alone():
    assert table([], []).splitlines()[0] == "experiment  seconds/run"


def test_rows_keep_the_order_given_and_line_up():
    lines = table([ONE, THREE], ["a label that is long", "short"]).splitlines()
    assert [line[:20].strip() for line in lines[2:]] == ["a label that is long", "short"]
    assert len(set(map(len, lines))) == 1


def test_the_headline_scores_come_first():
    heading = table([result([{"zeta": 1.0, "ece": 0.1, "teacher_accuracy": 0.9, "accuracy": 0.8}])], ["a"])
    assert " ".join(heading.split("\n")[0].split()) == "experiment accuracy teacher accuracy ece zeta seconds/run"


def test_only_the_requested_scores_are_columns():
    assert " ".join(table([THREE], ["a"], ["nll"]).split("\n")[0].split()) == "experiment nll seconds/run"


def test_a_statistic_over_unlike_runs_is_marked_and_explained():
    here = {"device": "cpu", "threads": 2, "torch": "2.9.0"}
    mixed = result([{"accuracy": 0.9}, {"accuracy": 0.9}], [here, here | {"device": "cuda", "threads": 8}])
    shown = table([mixed, ONE], ["resnet8", "other"])
    assert "(n=2)*" in shown
    assert shown.endswith(
        "* over unlike runs, which agree only up to rounding:\n  resnet8: device cpu, cuda; threads 2, 8"
    )


def test_a_statistic_over_runs_of_other_networks_is_marked_with_both():
    here = {"device": "cpu", "threads": 2, "torch": "2.9.0"}
    accepted = here | {"accepted_unlike": {"Teacher weights": ["3f9a", "77ab"]}}
    shown = table([result([{"accuracy": 0.9}, {"accuracy": 0.8}], [here, accepted])], ["resnet8"])
    assert "(n=2)*" in shown
    assert shown.endswith(
        "* over unlike runs, some of them made from other networks:\n  resnet8: Teacher weights 3f9a, 77ab"
    )


def test_a_statistic_over_runs_of_several_versions_is_marked_with_them():
    old, new = {"versions": {"Optimizer": 1, "Model": 3}}, {"versions": {"Optimizer": 2, "Model": 3}}
    shown = table([result([{"accuracy": 0.9}, {"accuracy": 0.8}], [old, new])], ["resnet8"])
    assert "(n=2)*" in shown
    assert shown.endswith(
        "* over unlike runs, some of them made by other versions of a component:\n  resnet8: Optimizer version 1, 2"
    )
    both = old | {"accepted_unlike": {"Teacher weights": ["3f9a", "77ab"]}}
    shown = table([result([{"accuracy": 0.9}, {"accuracy": 0.8}], [both, new])], ["resnet8"])
    assert "some of them made from other networks and by other versions of a component:" in shown


def test_like_runs_and_single_runs_are_not_marked():
    here = {"device": "cpu", "threads": 2, "torch": "2.9.0", "commit": "a"}
    alike = result([{"accuracy": 0.9}, {"accuracy": 0.9}], [here, here | {"commit": "b"}])
    assert "*" not in table([alike, result([{"accuracy": 0.9}], [here])], ["a", "b"])


def test_json_rows_have_every_number():
    (row,) = json_rows([THREE], ["resnet8"])
    assert (row["Label"], row["Fingerprint"], row["Runs"]) == ("resnet8", "f" * 32, [0, 1, 2])
    assert row["Scores"]["accuracy"] == {
        "Mean": pytest.approx(0.972),
        "Std": pytest.approx(0.003),
        "N": 3,
        "Values": {"0": 0.969, "1": 0.972, "2": 0.975},
    }
    assert row["Seconds"] == {"0": 10.0, "1": 11.0, "2": 12.0}


def test_json_rows_survive_a_round_trip_even_with_infinite_scores():
    rows = json_rows([result([{"nll": float("inf")}, {"nll": 1.0}]), THREE], ["a", "b"])
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    assert rows[0]["Scores"]["nll"]["Values"] == {"0": None, "1": 1.0}


def test_a_report_needs_no_heavy_library():
    heavy = {"torch", "numpy", "pandas", "matplotlib"}
    program = f"import sys, Arch.report; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_rounding_error_of_equal_numbers_is_no_deviation():
    equal = Statistic.of([100 * 0.9859154929577465] * 5)
    assert percent(Statistic(equal.mean, 1.4e-14, 5)) == percent(equal) == "98.6 ± 0.0"
