"""The queue returns tasks in order, each after its dependencies, at a cost that hardly grows with their number."""

import random
import time
from dataclasses import dataclass

import pytest

from Arch.sweep.queue import LOOK_AGAIN, LOOKS_APART, RunQueue


@dataclass(frozen=True, eq=False)
class Task:
    """The interface of a task that the queue uses."""

    name: tuple
    needs: tuple = ()


def tasks_of(needs):
    """Returns tasks by letter, from a mapping of each letter to those that it needs."""
    return {letter: Task((letter, 0), tuple((other, 0) for other in others)) for letter, others in needs.items()}


def drained(queue, now=0.0):
    found = []
    while (task := queue.next(now)) is not None:
        found.append(task)
    return found


def names(tasks):
    return "".join(task.name[0] for task in tasks)


def test_tasks_come_in_order_and_each_after_its_dependencies():
    tasks = tasks_of({"a": "", "b": "a", "c": "", "d": "ac"})
    queue = RunQueue(list(tasks.values()))
    assert names(drained(queue)) == "ac"
    assert queue.finish(tasks["a"], run_exists=True) == []
    assert names(drained(queue)) == "b"
    queue.finish(tasks["c"], run_exists=True)
    assert names(drained(queue)) == "d"
    assert names(queue.left) == "bd"
    assert not queue.is_over


def test_dependencies_that_are_not_among_the_tasks_exist():
    assert names(drained(RunQueue([Task(("a", 0), (("elsewhere", 0),))]))) == "a"


def test_a_failure_blocks_each_dependent_once_with_its_cause():
    tasks = tasks_of({"a": "", "b": "a", "c": "b", "d": "bc", "e": ""})
    queue = RunQueue(list(tasks.values()))
    assert queue.next(0.0) is tasks["a"]
    blocked = queue.finish(tasks["a"], run_exists=False)
    assert [(dependent.name[0], cause.name[0]) for dependent, cause in blocked] == [("b", "a"), ("c", "b"), ("d", "b")]
    assert names(drained(queue)) == "e"
    queue.finish(tasks["e"], run_exists=True)
    assert queue.is_over


def test_a_postponed_task_is_tried_again_later():
    tasks = tasks_of({"a": "", "b": "", "c": ""})
    queue = RunQueue(list(tasks.values()))
    queue.postpone(queue.next(0.0), 0.0)
    assert names(drained(queue, 0.5 * LOOK_AGAIN)) == "bc"
    assert queue.next(LOOK_AGAIN) is tasks["a"]


def test_postponed_tasks_never_take_all_the_time():
    queue = RunQueue(list(tasks_of(dict.fromkeys("abcdef", "")).values()))
    for task in drained(queue):
        queue.postpone(task, 0.0)
    assert names(drained(queue, LOOK_AGAIN)) == "a"
    assert names(drained(queue, LOOK_AGAIN + LOOKS_APART)) == "b"


def test_postponed_tasks_do_not_wait_until_all_others_are_done():
    queue = RunQueue(list(tasks_of(dict.fromkeys("abc", "")).values()))
    queue.postpone(queue.next(0.0), 0.0)
    assert queue.next(LOOK_AGAIN).name[0] == "a"


def test_a_requeued_task_comes_after_all_untried_ones():
    tasks = tasks_of(dict.fromkeys("abc", ""))
    queue = RunQueue(list(tasks.values()))
    queue.requeue(queue.next(0.0), 1)
    assert names(drained(queue)) == "bca"


@pytest.mark.parametrize("seed", range(20))
def test_every_order_of_events_keeps_the_guarantees(seed):
    rng = random.Random(seed)
    letters = [chr(97 + n) for n in range(12)]
    needs = {letter: rng.sample(letters[:n], min(n, rng.randrange(3))) for n, letter in enumerate(letters)}
    tasks = tasks_of(needs)
    queue, there, failed, blocked, now = RunQueue(list(tasks.values())), set(), set(), set(), 0.0
    while not queue.is_over:
        now += LOOK_AGAIN
        task = queue.next(now)
        letter = task.name[0]
        assert there.issuperset(needs[letter])
        if rng.random() < 0.3:
            queue.postpone(task, now)
            continue
        run_exists = rng.random() < 0.8
        (there if run_exists else failed).add(letter)
        blocked.update(dependent.name[0] for dependent, _ in queue.finish(task, run_exists=run_exists))
    expected = set()
    for letter in letters:
        if letter not in failed and (failed | expected).intersection(needs[letter]):
            expected.add(letter)
    assert blocked == expected
    assert there == set(letters) - failed - blocked


def test_the_cost_grows_linearly_with_the_number_of_tasks():
    def span(count):
        tasks = [Task(("t", n), (("t", n - n % 100),) if n % 100 else ()) for n in range(count)]
        begin = time.process_time()
        queue = RunQueue(tasks)
        while (task := queue.next(0.0)) is not None:
            queue.finish(task, run_exists=True)
        assert queue.is_over
        return time.process_time() - begin

    assert span(10_000) < 30 * min(span(1000) for _ in range(3)) + 0.5
