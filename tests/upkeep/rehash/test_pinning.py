"""A changed default requires `--pin-old`, which gives old runs the current fingerprint of their old value."""

import pytest

from Arch.upkeep.rehash.rehash import plan_rehash
from tests.upkeep.renamed import TEACHER, carry_out, literal, names, stays


@pytest.fixture
def warmer(rules):
    """Rules in which the default of Temperature is 5 instead of 4."""
    return {**rules, "Temperature": 5.0}


def test_a_changed_default_waits_for_a_decision(workspace_of, warmer, add):
    implied, explicit = add(), add(Temperature=3.0)
    plan = plan_rehash(workspace_of(warmer))
    assert (plan.renamings, plan.unchanged) == ((), 1)
    assert stays(plan) == {implied.fingerprint: "undecided"}
    assert plan.staying[0].why == "Temperature was 4.0 by default, which is 5.0 now"
    assert explicit.exists


def test_pinning_gives_the_fingerprint_of_the_old_value(workspace_of, warmer, add):
    entry = add()
    after = workspace_of(warmer)
    plan = plan_rehash(after, is_pinning=True)
    assert names(plan) == {entry.fingerprint: literal(Model="Net", Temperature=4)}
    carry_out(after, plan)
    old, new = after.resolver.resolve({"Model": "Net", "Temperature": 4}), after.resolver.resolve({"Model": "Net"})
    after.store.entry(old).check(old)
    assert after.store.entry(old).run_indices() == (0,)
    assert not after.store.entry(new).exists
    assert plan_rehash(after).unchanged == 1


def test_a_stated_value_that_became_the_default_gets_the_freed_fingerprint(workspace_of, warmer, add):
    implied, said = add(), add(Temperature=5.0)
    after = workspace_of(warmer)
    plan = plan_rehash(after)
    assert stays(plan) == {implied.fingerprint: "undecided", said.fingerprint: "conflict"}
    plan = plan_rehash(after, is_pinning=True)
    assert [each.move.source for each in plan.renamings] == [implied.fingerprint, said.fingerprint]
    assert plan.renamings[1].move.target == implied.fingerprint
    assert plan.renamings[1].reasons == ("Temperature = 5.0 is the default now",)
    carry_out(after, plan)
    for temperature in (4, 5):
        config = after.resolver.resolve({"Model": "Net", "Temperature": temperature})
        after.store.entry(config).check(config)


def test_only_selected_experiments_are_pinned_and_a_teacher_waits_for_its_students(workspace_of, warmer, add):
    teacher, student = add(**TEACHER), add(Taught=True, Teacher=TEACHER)
    after = workspace_of(warmer)
    plan = plan_rehash(after, {teacher.fingerprint}, is_pinning=True)
    assert stays(plan) == {student.fingerprint: "undecided", teacher.fingerprint: "waiting"}
    plan = plan_rehash(after, {student.fingerprint}, is_pinning=True)
    assert names(plan).keys() == {student.fingerprint}
    plan = plan_rehash(after, {student.fingerprint, teacher.fingerprint}, is_pinning=True)
    assert names(plan).keys() == {student.fingerprint, teacher.fingerprint}
