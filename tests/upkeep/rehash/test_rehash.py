"""After a change of the rules each experiment gets its current fingerprint, or the reason why it keeps the old one."""

import copy
import json

import pytest

from Arch.upkeep.rehash.rehash import plan_rehash
from tests.upkeep.renamed import TEACHER, carry_out, literal, names, stays


@pytest.fixture
def renamed_key(rules):
    """Rules in which Temperature is renamed to Warmth."""
    rules = {("Warmth" if key == "Temperature" else key): value for key, value in copy.deepcopy(rules).items()}
    facts = rules["::"].pop("Temperature")
    rules["::"]["Warmth"] = {**facts, "spellings": ["Temperature", "Heat"]}
    return rules


def test_without_a_change_nothing_is_renamed(workspace, add):
    add(), add(Temperature=2.0), add(Taught=True, Teacher=TEACHER)
    plan = plan_rehash(workspace)
    assert (plan.renamings, plan.staying, plan.unchanged) == ((), (), 3)


def test_a_new_key_whose_default_means_as_before_renames_nothing(workspace_of, rules, add):
    add(Temperature=2.0)
    assert plan_rehash(workspace_of({**rules, "Momentum": 0.9})).unchanged == 1


def test_a_renamed_key_renames_the_experiments_that_state_it(workspace_of, renamed_key, add):
    other, plain = add(Temperature=2.0), add()
    plan = plan_rehash(workspace_of(renamed_key))
    assert names(plan) == {other.fingerprint: literal(Model="Net", Warmth=2)}
    assert plan.renamings[0].reasons == ("Temperature is called Warmth now",)
    assert plan.unchanged == 1
    assert plain.exists


def test_a_key_that_is_no_longer_active_leaves_the_fingerprint(workspace_of, rules, add):
    entry = add(Note="x")
    rules["Fancy:Params"]["Note"] = rules.pop("Note")
    plan = plan_rehash(workspace_of(rules))
    assert names(plan) == {entry.fingerprint: literal(Model="Net")}
    assert plan.renamings[0].reasons == ("Note is no longer active",)


def test_a_value_that_is_written_differently_renames(workspace_of, rules, add):
    entry = add()
    rules["::"]["Model"] = {"choices": {"Network": 1, "Other": 1}, "aliases": {"Net": "Network"}, "required": True}
    plan = plan_rehash(workspace_of(rules))
    assert names(plan) == {entry.fingerprint: literal(Model="Network")}
    assert plan.renamings[0].reasons == ('Model = "Net" is written "Network" now',)


def test_a_renamed_entry_is_found_by_its_new_fingerprint_with_its_runs(workspace_of, renamed_key, add, snapshot):
    entry = add(runs=2, Temperature=2.0)
    runs = snapshot(entry.path / "Runs")
    after = workspace_of(renamed_key)
    assert carry_out(after, plan_rehash(after)) == []
    config = after.resolver.resolve({"Model": "Net", "Warmth": 2})
    moved = after.store.entry(config)
    moved.check(config)
    assert not entry.path.exists()
    assert snapshot(moved.path / "Runs") == runs
    assert json.loads((moved.path / "Result.json").read_text())["Fingerprint"] == moved.fingerprint
    assert moved.result().active["Warmth"] == 2
    assert plan_rehash(after).renamings == ()


def test_students_of_renamed_teachers_are_renamed_recursively(workspace_of, renamed_key, add, rules):
    teacher = {"Model": "Net", "Temperature": 2.0}
    student = {"Model": "Net", "Taught": True, "Teacher": teacher}
    dependent = {"Model": "Net", "Taught": True, "Teacher": student, "Seed": 3}
    entries = [add(**raw) for raw in (dependent, student, teacher)]
    after = workspace_of(renamed_key)
    plan = plan_rehash(after)
    first = literal(Model="Net", Warmth=2)
    second = literal(Model="Net", Taught=True, Teacher=first)
    third = literal(Model="Net", Seed=3, Taught=True, Teacher=second)
    assert names(plan) == {entry.fingerprint: new for entry, new in zip(entries, (third, second, first), strict=True)}
    assert [each.move.target for each in plan.renamings] == [first, second, third]
    assert plan.renamings[1].reasons == (f"its Teacher is {first[:12]} now",)
    carry_out(after, plan)
    for raw in (dependent, student, teacher):
        config = after.resolver.resolve(raw)
        after.store.entry(config).check(config)
        assert after.store.entry(config).document() == config.document()
    assert after.store.find(second).document()["References"]["Teacher"] == {"Fingerprint": first, "Title": "Net"}


def test_a_student_keeps_the_title_of_a_removed_teacher(workspace_of, renamed_key, add):
    entry = add(Taught=True, Teacher=TEACHER, Temperature=2.0)
    title, references = entry.document()["Title"], entry.document()["References"]
    after = workspace_of(renamed_key)
    plan = plan_rehash(after)
    document = json.loads(plan.renamings[0].move.after)
    assert (document["Title"], document["References"]) == (title, references)


def test_two_experiments_that_would_get_one_fingerprint_are_not_renamed(workspace_of, rules, add):
    entries = [add(Note=note) for note in ("x", "y")]
    del rules["Note"]
    rules["::"]["Note"] = {"retired": "no code read it"}
    plan = plan_rehash(workspace_of(rules))
    assert plan.renamings == ()
    assert stays(plan) == {entry.fingerprint: "conflict" for entry in entries}
    assert "would have the same fingerprint" in plan.staying[0].why


def test_a_taken_fingerprint_blocks_a_renaming_and_the_one_that_waits_for_it(workspace_of, rules, add):
    present, other = add(), add(Note="x")
    del rules["Note"]
    rules["::"]["Note"] = {"retired": "no code read it"}
    plan = plan_rehash(workspace_of(rules))
    assert stays(plan) == {other.fingerprint: "conflict"}
    assert present.exists


def test_a_folder_without_a_config_keeps_its_fingerprint_taken(workspace_of, renamed_key, add):
    entry = add(Temperature=2.0)
    after = workspace_of(renamed_key)
    (after.store.root / literal(Model="Net", Warmth=2) / "Runs/000").mkdir(parents=True)
    assert stays(plan_rehash(after)) == {entry.fingerprint: "conflict"}


def test_an_unreadable_experiment_is_not_renamed_and_hides_no_other(workspace_of, renamed_key, add):
    entry, torn, strange = add(Temperature=2.0), add(Seed=1), add(Seed=2)
    (torn.path / "Config.json").write_text("{")
    document = json.loads((strange.path / "Config.json").read_text())
    document["Active"]["Zebra"] = 1
    (strange.path / "Config.json").write_text(json.dumps(document))
    plan = plan_rehash(workspace_of(renamed_key))
    assert names(plan).keys() == {entry.fingerprint}
    assert stays(plan) == {torn.fingerprint: "unreadable", strange.fingerprint: "unreadable"}
    assert any("unknown key 'Zebra'" in each.why for each in plan.staying)


@pytest.mark.parametrize("references", [{"Teacher": 3}, {"Teacher": {"Fingerprint": 3}}, {"Teacher": {}}])
def test_invalid_references_are_unreadable(workspace, add, references):
    entry = add()
    document = json.loads((entry.path / "Config.json").read_text())
    (entry.path / "Config.json").write_text(json.dumps({**document, "References": references}))
    assert stays(plan_rehash(workspace)) == {entry.fingerprint: "unreadable"}


def test_an_experiment_made_from_itself_is_unreadable(workspace, add):
    entry = add()
    document = json.loads((entry.path / "Config.json").read_text())
    document["References"] = {"Teacher": {"Fingerprint": entry.fingerprint, "Title": ""}}
    (entry.path / "Config.json").write_text(json.dumps(document))
    assert stays(plan_rehash(workspace)) == {entry.fingerprint: "unreadable"}


def test_an_experiment_in_use_is_not_renamed_and_its_teacher_waits(workspace_of, renamed_key, add):
    raw = {"Model": "Net", "Temperature": 2.0}
    teacher, student = add(**raw), add(runs=0, Taught=True, Teacher=raw)
    lease = student.take(0)
    after = workspace_of(renamed_key)
    plan = plan_rehash(after)
    assert stays(plan) == {student.fingerprint: "in use", teacher.fingerprint: "waiting"}
    assert str(lease.claim.holder) in plan.staying[0].why
    lease.end("stopped")
    assert len(plan_rehash(after).renamings) == 2


def test_planning_writes_nothing(workspace_of, renamed_key, add, disk):
    add(Temperature=2.0)
    after = workspace_of(renamed_key)
    disk.forget()
    assert plan_rehash(after).renamings
    assert disk.writes == []


def test_a_plan_of_many_experiments_reads_each_a_bounded_number_of_times(
    workspace_of, renamed_key, add, disk, monkeypatch
):
    for seed in range(30):
        add(Temperature=2.0, Seed=seed)
    after = workspace_of(renamed_key)
    disk.forget()
    assert len(plan_rehash(after).renamings) == 30
    assert len(disk.steps) < 30 * 12
