"""Oracle: times that are added up by hand."""

import pytest

from Arch.training.run.stage import Reached
from Arch.training.run.time_left import seconds_left


def test_steps_and_evaluations_to_come_are_added():
    # 20 steps took 10 s, so that 80 more take 40 s; 2 evaluations took 30 s, so that 8 more take 120 s
    fit = Reached("", seconds=10.0, evaluations=2, evaluations_left=8)
    assert seconds_left([fit], 40.0, 20, 100) == pytest.approx(40.0 + 120.0)


def test_the_last_evaluation_counts_after_the_last_step():
    fit = Reached("", seconds=10.0, evaluations=1, evaluations_left=1)
    assert seconds_left([fit], 16.0, 100, 100) == pytest.approx(6.0)


def test_stages_are_added():
    fits = [Reached("", seconds=8.0, evaluations=1), Reached("", seconds=2.0, evaluations=1, evaluations_left=3)]
    assert seconds_left(fits, 20.0, 10, 20) == pytest.approx(10.0 + 3 * 5.0)


def test_before_the_first_evaluation_the_steps_alone_count():
    assert seconds_left([Reached("", seconds=5.0, evaluations_left=2)], 5.0, 5, 15) == pytest.approx(10.0)


def test_nothing_is_estimated_before_the_first_step_or_for_a_pass():
    assert seconds_left([Reached("", seconds=0.0, evaluations_left=2)], 1.0, 0, 15) is None
    assert seconds_left([Reached("")], 5.0, 5, 15) is None
