"""A run is the same after conversion to JSON and back; invalid fields are refused by name."""

import json
import math

import pytest

from Arch.cache.runs.records import run_document, run_from
from Arch.errors import CacheError, CorruptEntryError


def through_json(run):
    return run_from(json.loads(json.dumps(run_document(run), allow_nan=False)), "Runs/000/Run.json")


def test_a_run_comes_back_equal(make_run):
    run = make_run(4, 1 / 3, provenance={"Threads": 2, "Versions": {"torch": "2.5"}, "Classes": ["a"], "Commit": None})
    assert through_json(run) == run


def test_tuples_come_back_as_lists(make_run):
    assert through_json(make_run(provenance={"Shape": (3, 32, 32)})).provenance == {"Shape": [3, 32, 32]}


def test_the_keys_are_pascal_case(make_run):
    document = run_document(make_run())
    assert list(document) == ["Index", "Seed", "Seconds", "Scores", "Epochs", "Provenance"]
    assert list(document["Epochs"][0]) == ["Number", "Train", "Test", "Validation", "LearningRate", "Seconds"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("field", ["scores", "provenance"])
def test_a_number_that_is_not_finite_is_refused_with_its_path(make_run, field, value):
    with pytest.raises(CacheError, match=f"run 5, {field.title()}, deep, x\\[1\\] is {value}, and a run keeps finite"):
        run_document(make_run(5, **{field: {"deep": {"x": [0.0, value]}}}))


def test_a_value_that_json_cannot_express_is_refused(make_run):
    with pytest.raises(CacheError, match="run 0, Provenance, device is a object, which JSON cannot express"):
        run_document(make_run(provenance={"device": object()}))


def test_fields_of_later_versions_are_ignored(make_run):
    document = run_document(make_run())
    document["Epochs"][0]["Later"] = document["Later"] = {"a": 1}
    assert run_from(document, "Run.json") == make_run()


@pytest.mark.parametrize("name", ["Index", "Seed", "Seconds", "Scores", "Epochs", "Provenance"])
def test_a_missing_field_is_named(make_run, name):
    document = run_document(make_run())
    del document[name]
    with pytest.raises(
        CorruptEntryError, match=rf"Runs/000/Run\.json is damaged.*expected {name} to be .*found nothing"
    ):
        run_from(document, "Runs/000/Run.json")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Index", 1.0),
        ("Index", True),
        ("Seed", "0"),
        ("Seconds", None),
        ("Seconds", True),
        ("Scores", [0.5]),
        ("Scores", {"accuracy": "0.5"}),
        ("Scores", {"accuracy": True}),
        ("Epochs", {}),
        ("Epochs", [1]),
        ("Provenance", "cpu"),
    ],
)
def test_a_field_of_another_type_is_named(make_run, name, value):
    with pytest.raises(CorruptEntryError, match=f"expected {name} to be .*found "):
        run_from({**run_document(make_run()), name: value}, "Runs/000/Run.json")


@pytest.mark.parametrize("name", ["Number", "Train", "Test", "Validation", "LearningRate", "Seconds"])
def test_a_field_missing_in_an_epoch_is_named(make_run, name):
    document = run_document(make_run())
    del document["Epochs"][0][name]
    with pytest.raises(CorruptEntryError, match=f"expected {name} to be "):
        run_from(document, "Runs/000/Run.json")


def test_a_long_value_is_shortened_in_the_message(make_run):
    with pytest.raises(CorruptEntryError, match=r"found '0{59}\.\.\.\. Restore"):
        run_from({**run_document(make_run()), "Seed": "0" * 1000}, "Runs/000/Run.json")
