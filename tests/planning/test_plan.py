"""A plan has every experiment once, after its dependencies, with the number of its missing runs."""

import dataclasses
import json

import pytest

from Arch.cache.store import Store
from Arch.config.resolve import Resolver
from Arch.errors import ChangedDefaultError, CorruptEntryError, NotImplementedYetError, PluginError
from Arch.planning.plan import make_plan
from Arch.types import Run

TINY = {"Dataset": "Synthetic", "Model": "MLP"}
TEACHER = {**TINY, "Seed": 1}
TAUGHT = {**TINY, "VanillaKD": True, "Teacher": TEACHER}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


@pytest.fixture
def plan(resolver, store):
    return lambda *raws: make_plan([(resolver.resolve(raw), str(place)) for place, raw in enumerate(raws)], store)


@pytest.fixture
def commit(resolver, store):
    """Commits the runs of these indices of an experiment."""

    def finish(raw, *indices):
        config = resolver.resolve(raw)
        entry = store.entry(config)
        entry.open(config)
        for index in indices:
            with entry.write_run(index) as writer:
                writer.commit(Run(index, 0, (), {"accuracy": 0.5}, 1.0))
        return entry

    return finish


def summary(plan):
    return [(step.config["Seed"], step.config.references != {}, step.state, step.done) for step in plan.steps]


def test_a_teacher_is_planned_once_and_before_its_students(plan):
    assert summary(plan(TAUGHT, {**TAUGHT, "Temperature": 2.0}, TEACHER)) == [
        (1, False, "missing", 0),
        (0, True, "missing", 0),
        (0, True, "missing", 0),
    ]


def test_experiments_with_dependents_come_first(plan):
    alone, grandteacher = {**TINY, "Seed": 5}, {**TINY, "Seed": 6}
    teacher = {**TINY, "Seed": 7, "VanillaKD": True, "Teacher": grandteacher}
    student = {**TINY, "Seed": 8, "VanillaKD": True, "Teacher": teacher}
    made = plan(alone, TAUGHT, student)
    assert [step.config["Seed"] for step in made.missing] == [6, 1, 7, 5, 0, 8]
    assert [step.config["Seed"] for step in made.steps] == [5, 1, 0, 6, 7, 8]


def test_a_finished_student_does_not_request_its_teacher(plan, commit):
    commit(TAUGHT, 0)
    assert summary(plan(TAUGHT)) == [(0, True, "done", 1)]


def test_the_largest_requested_number_of_runs_is_planned(plan, commit):
    commit(TEACHER, 0)
    (step,) = plan(TEACHER, {**TEACHER, "NumRuns": 3}, TEACHER).steps
    assert (step.wanted, step.config.option("NumRuns"), step.done, step.state) == (3, 3, 1, "partial")
    assert step.labels == ("0", "1", "2")


def test_a_run_of_a_higher_index_does_not_replace_a_missing_one(plan, commit):
    commit(TEACHER, 0, 2)
    teacher, _ = plan({**TAUGHT, "TeacherRun": 1}).steps
    assert (teacher.state, teacher.done, teacher.wanted) == ("partial", 1, 2)


def test_an_experiment_that_is_not_implemented_is_refused_without_dependencies(plan):
    (step,) = plan({**TAUGHT, "Model": "TcT"}).steps
    assert step.state == "refused"
    assert isinstance(step.refusal, NotImplementedYetError)


def test_a_damaged_entry_is_refused_and_stops_no_other(plan, commit):
    (commit(TEACHER, 0).path / "Config.json").write_text("{")
    damaged, sound = plan(TEACHER, TINY).steps
    assert (damaged.state, sound.state) == ("refused", "missing")
    assert isinstance(damaged.refusal, CorruptEntryError)


def test_what_needs_a_refused_experiment_is_not_possible(plan, commit):
    (commit(TEACHER, 0).path / "Config.json").write_text("{")
    alone, pupil = {**TINY, "Seed": 5}, {**TINY, "Seed": 6, "VanillaKD": True, "Teacher": TAUGHT}
    made = plan(alone, TAUGHT, pupil)
    assert [step.config["Seed"] for step in made.missing] == [1, 0, 5, 6]
    assert [step.config["Seed"] for step in made.possible] == [5]


def test_an_entry_of_another_default_is_refused_and_stops_no_other(resolver, store, plan, commit):
    rules = resolver.rules
    commit(TEACHER, 0)
    rate = rules.keys["MaxLR"]
    changed = dataclasses.replace(rate, declarations=(dataclasses.replace(rate.declarations[0], default=0.5),))
    other = Resolver(dataclasses.replace(rules, keys={**rules.keys, "MaxLR": changed}, _relevances={}))
    asked = [(other.resolve(raw), "") for raw in (TEACHER, TINY)]
    refused, sound = make_plan(asked, store).steps
    assert (refused.state, sound.state) == ("refused", "missing")
    assert isinstance(refused.refusal, ChangedDefaultError)


@pytest.fixture
def plugged(tmp_path):
    """Writes a plugin that defines `MyNet` into a folder; returns a config that uses it."""

    def plugged(folder, code="", width=8):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "net.py").write_text(code)
        rules = {"Model:MyNet:Params": {"MyNetWidth": width}, "::": {"Model": {"choices": {"MyNet": 1}}}}
        (tmp_path / folder / "net.cjson").write_text(json.dumps(rules))
        return {"Plugins": [str(tmp_path / folder / "net.py")], **TINY, "Model": "MyNet"}

    return plugged


@pytest.mark.parametrize("other", [{"code": "1 + 1"}, {"width": 9}])
def test_two_plugins_that_define_one_name_differently_are_refused(plan, plugged, other):
    with pytest.raises(PluginError, match=r"/net\.py and .*/net\.py define the same names differently: .* MyNet on"):
        plan(plugged("a"), plugged("b", **other))


def test_two_copies_of_one_file_are_one_experiment(plan, plugged):
    assert summary(plan(plugged("a"), plugged("b"))) == summary(plan(plugged("c")))
