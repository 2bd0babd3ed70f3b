"""The tests of migrations rename the entries of a cache under a changed default."""

import pytest

from Arch.upkeep.rehash.rehash import plan_rehash

STUDENT = {"Taught": True, "Teacher": {"Model": "Net", "Seed": 1}}


@pytest.fixture
def changed(workspace_of, rules, add):
    """A cache under a changed default: a teacher, its student, and two whose fingerprints form a chain."""
    add(Seed=1, runs=0)
    add(**STUDENT, runs=0)
    add()
    add(Temperature=5.0, runs=0)
    return workspace_of({**rules, "Temperature": 5.0})


@pytest.fixture
def moves(changed):
    plan = plan_rehash(changed, is_pinning=True)
    assert len(plan.renamings) == 4
    return [each.move for each in plan.renamings]


@pytest.fixture
def root(changed):
    return changed.store.root
