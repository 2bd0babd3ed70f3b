"""The runs that a run needs follow from `XRun` of any reference `X`, also in a study that trains nothing."""

import pytest

from Arch.planning.estimate import Estimator
from Arch.planning.overview import overviews
from Arch.planning.plan import make_plan
from Arch.planning.task import tasks_of
from Arch.types import Result, Run
from tests.looking_study import LOOKING, TRAINED, looking

__all__ = ["looking"]
EACH = {**LOOKING, "SubjectRun": -1}


@pytest.fixture
def plan(looking):
    return lambda *raws: make_plan([(looking.resolver.resolve(raw), "") for raw in raws], looking.store)


@pytest.fixture
def commit(looking):
    """Commits runs that have one score and no epochs."""

    def commit(raw, *indices):
        config = looking.resolver.resolve(raw)
        entry = looking.store.entry(config)
        entry.open(config)
        for index in indices:
            with entry.write_run(index) as writer:
                writer.commit(Run(index, 0, (), {"similarity": 0.5}, 2.0))
        return entry

    return commit


def wanted(plan):
    return [(step.config["Trainer"], step.wanted) for step in plan.steps]


def test_a_reference_needs_the_run_that_its_key_names(plan):
    assert wanted(plan(LOOKING)) == [("Training", 1), ("Looking", 1)]
    assert wanted(plan({**LOOKING, "SubjectRun": 2, "NumRuns": 5})) == [("Training", 3), ("Looking", 5)]


def test_run_i_needs_run_i_where_the_key_is_minus_one(plan):
    made = plan({**EACH, "NumRuns": 3})
    assert wanted(made) == [("Training", 3), ("Looking", 3)]
    *_, trained, looked = made.steps
    needs = {task.run: list(task.needs) for task in tasks_of(made) if task.step is looked}
    assert needs == {run: [(trained.config.fingerprint, run)] for run in range(3)}


def test_only_missing_runs_need_others(plan, commit):
    commit(EACH, 1, 2)
    assert wanted(plan({**EACH, "NumRuns": 3})) == [("Training", 1), ("Looking", 3)]
    commit(EACH, 0)
    assert wanted(plan({**EACH, "NumRuns": 3})) == [("Looking", 3)]


def test_a_study_that_trains_nothing_has_an_overview(looking, commit):
    commit(LOOKING, 0)
    [found] = overviews(looking, ["Trainer=Looking"])
    assert (found.status.state.value, found.status.runs) == ("done", (0,))


def test_a_study_that_trains_nothing_has_an_estimate_by_run(looking):
    asked = looking.resolver.resolve({**EACH, "Seed": 4}).active
    like = looking.resolver.resolve(EACH).active
    known = Estimator([Result("", like, {}, {0: 5.0, 1: 5.0}, looking.data)])
    assert known.seconds(asked) == pytest.approx(5.0)


def test_a_study_that_trains_nothing_is_not_estimated_from_a_training(looking):
    trained = looking.resolver.resolve(TRAINED).active
    known = Estimator([Result("", trained, {}, {0: 5.0}, looking.data)])
    assert known.seconds(looking.resolver.resolve(LOOKING).active) is None
