"""Oracle: schedules of a few tasks that are added up by hand."""

import time
from dataclasses import dataclass

import pytest

from Arch.planning.forecast import Forecast


@dataclass(frozen=True, eq=False)
class Task:
    """A task of a known length, with the tasks that it needs."""

    seconds: float | None
    needed: tuple = ()

    @property
    def name(self):
        return id(self)

    @property
    def needs(self):
        return [task.name for task in self.needed]


def forecast(tasks, workers):
    return Forecast(tasks, lambda task: task.seconds, workers)


@pytest.mark.parametrize(("workers", "seconds"), [(1, 60.0), (2, 30.0), (3, 30.0), (60, 30.0)])
def test_independent_runs_share_the_workers_but_none_is_divided(workers, seconds):
    assert forecast([Task(10.0), Task(20.0), Task(30.0)], workers).left() == pytest.approx(seconds)


def test_a_chain_takes_its_own_time_on_any_number_of_workers():
    teacher = Task(30.0)
    student = Task(10.0, (teacher,))
    others = [Task(5.0, (student,)), Task(4.0, (teacher,))]
    assert forecast([teacher, student, *others], 4).left() == pytest.approx(30.0 + 10.0 + 5.0)
    assert forecast([teacher, student, *others], 1).left() == pytest.approx(49.0)


def test_a_run_of_unknown_length_counts_as_the_average():
    assert forecast([Task(10.0), Task(20.0), Task(None)], 1).left() == pytest.approx(45.0)


def test_nothing_is_said_while_nothing_is_known():
    tasks = [Task(None), Task(None)]
    known = forecast(tasks, 1)
    assert known.left({tasks[0]: 3.0}) is None
    known.finish(tasks[0], 8.0)
    assert known.left() == pytest.approx(8.0)


def test_what_is_running_needs_only_its_rest():
    tasks = [Task(10.0), Task(20.0)]
    assert forecast(tasks, 1).left({tasks[0]: 4.0}) == pytest.approx(26.0)
    assert forecast(tasks, 2).left({tasks[1]: 4.0}) == pytest.approx(16.0)


def test_a_run_that_takes_longer_than_estimated_does_not_save_time():
    tasks = [Task(10.0), Task(20.0)]
    assert forecast(tasks, 1).left({tasks[0]: 500.0}) == pytest.approx(20.0)


def test_finished_runs_scale_the_estimates_of_the_others():
    tasks = [Task(10.0), Task(20.0), Task(30.0)]
    known = forecast(tasks, 1)
    known.finish(tasks[0], 30.0)  # three times as long as estimated
    assert known.left() == pytest.approx(3 * 50.0)
    known.finish(tasks[1])  # made elsewhere: it says nothing about the time here
    assert known.left() == pytest.approx(3 * 30.0)
    known.finish(tasks[2], 90.0)
    assert known.left() == 0.0


def test_ten_thousand_runs_are_forecast_at_every_tick_in_no_time():
    tasks = [Task(float(seconds)) for seconds in range(10_000)]
    known = forecast(tasks, 4)
    begin = time.perf_counter()
    for task in tasks[::100]:
        known.finish(task, task.seconds)
        known.left({tasks[-1]: 1.0})
    assert time.perf_counter() - begin < 2.0  # 20 ms each, of the 500 ms between two ticks
