"""Schemas: each type accepts its own values only, in one canonical form."""

import math

import pytest

from Arch.config.rules.schema import Schema
from Arch.config.rules.values import TYPES, InvalidValueError, type_of_default

CANONICAL = [
    ("bool", True, True),
    ("int", 3, 3),
    ("int", 3.0, 3),
    ("int", -0.0, 0),
    ("int", 2**53, 2**53),
    ("float", 3, 3.0),
    ("float", -0.0, 0.0),
    ("float", 1e300, 1e300),
    ("str", "caf\u00e9", "caf\u00e9"),
    ("str", "cafe\u0301", "caf\u00e9"),
    ("path", "data/x.zip", "data/x.zip"),
    ("paths", ("a.py",), ["a.py"]),
    ("ints", [1, 2.0], [1, 2]),
    ("ints", (1, 2), [1, 2]),
    ("floats", [1, -0.0], [1.0, 0.0]),
    ("strs", ["a"], ["a"]),
    ("int lists", [[1.0], []], [[1], []]),
    ("float lists", [[1], [0.5]], [[1.0], [0.5]]),
    ("layers", [1.0, "layer1.0"], [1, "layer1.0"]),
    ("layers", "Quality:4", "Quality:4"),
    ("reference", "ResNet34", "ResNet34"),
    ("reference", {"Model": "MLP"}, {"Model": "MLP"}),
]
INVALID = [
    ("bool", 1),
    ("bool", "true"),
    ("bool", None),
    ("int", True),
    ("int", "1"),
    ("int", 1.5),
    ("int", math.inf),
    ("int", 2**53 + 1),
    ("int", 1e300),
    ("int", [1]),
    ("float", True),
    ("float", "0.1"),
    ("float", math.inf),
    ("float", math.nan),
    ("float", 10**400),
    ("float", None),
    ("str", 1),
    ("str", None),
    ("str", ["a"]),
    ("str", "\ud800"),
    ("str", "é\udfff"),
    ("path", 3),
    ("path", "a\0b"),
    ("paths", ["a", "\0"]),
    ("paths", "a.py"),
    ("paths", [3]),
    ("ints", 1),
    ("ints", [1.5]),
    ("ints", [True]),
    ("ints", "12"),
    ("floats", [math.nan]),
    ("strs", "a"),
    ("strs", [1]),
    ("int lists", [1]),
    ("int lists", [["a"]]),
    ("float lists", [[None]]),
    ("layers", 3),
    ("layers", [1.5]),
    ("layers", [True]),
    ("layers", {"a": 1}),
    ("reference", 3),
    ("reference", ["a"]),
    ("reference", {1: 2}),
]


@pytest.mark.parametrize(("kind", "value", "canonical"), CANONICAL)
def test_a_value_has_one_canonical_form(kind, value, canonical):
    found = Schema(kind).canonical(value)
    assert found == canonical
    assert repr(found) == repr(canonical)  # 1 and 1.0, 0.0 and -0.0 differ in their texts alone


@pytest.mark.parametrize(("kind", "value"), INVALID)
def test_a_value_of_another_type_is_refused(kind, value):
    with pytest.raises(InvalidValueError, match="expected "):
        Schema(kind).canonical(value)


def test_every_type_is_in_both_tables():
    assert {kind for kind, _, _ in CANONICAL} == {kind for kind, _ in INVALID} == set(TYPES)


@pytest.mark.parametrize(
    ("default", "kind"),
    [
        (True, "bool"),
        (1, "int"),
        (1.0, "float"),
        ("", "str"),
        ([1], "ints"),
        ([1.0], "floats"),
        (["a"], "strs"),
        ([], None),
        ([1, 1.0], None),
        ([[1]], None),
        (None, None),
        ({}, None),
    ],
)
def test_a_default_shows_its_type_where_it_can(default, kind):
    assert type_of_default(default) == kind


CLOSED = Schema("str", choices={"MLP": 1}, planned={"ViT_B": "later", "hub/*": "later"}, aliases={"Net": "MLP"})


@pytest.mark.parametrize(("value", "chosen"), [("MLP", "MLP"), ("Net", "MLP"), ("ViT_B", "ViT_B"), ("hub/x", "hub/x")])
def test_a_choice_is_taken_under_its_own_name(value, chosen):
    assert CLOSED.canonical(value) == chosen


@pytest.mark.parametrize("value", ["mlp", "ViT_*", "*", "M*", "hub", "MLP ", "net"])
def test_any_other_value_than_a_choice_is_refused_patterns_too(value):
    with pytest.raises(InvalidValueError, match="expected one of its choices"):
        CLOSED.canonical(value)


def test_an_empty_choice_is_accepted_while_the_key_is_inactive():
    assert CLOSED.canonical("") == ""
    with pytest.raises(InvalidValueError, match=r'got "". Known: MLP, ViT_B, hub/\*'):
        CLOSED.check("")


def test_each_element_of_a_list_is_a_choice():
    methods = Schema("strs", choices={"KD": 1}, planned={"CRD": "later"}, aliases={"Hinton": "KD"})
    assert methods.canonical(["Hinton", "CRD"]) == ["KD", "CRD"]
    assert methods.why_planned(["KD", "CRD"]) == "later"
    assert methods.why_planned(["KD"]) is None
    with pytest.raises(InvalidValueError, match='got "SP"'):
        methods.canonical(["KD", "SP"])


def test_a_planned_value_has_its_reason():
    assert [CLOSED.why_planned(value) for value in ("MLP", "ViT_B", "hub/x")] == [None, "later", "later"]
    switch = Schema("bool", planned={"true": "later"})
    assert [switch.why_planned(value) for value in (True, False)] == ["later", None]


@pytest.mark.parametrize(
    ("bound", "good", "bad", "words"),
    [
        ("at_least", 2, 1.999, "expected at least 2, got 1.999."),
        ("above", 2.001, 2, "expected more than 2, got 2."),
        ("at_most", 2, 2.001, "expected at most 2, got 2.001."),
        ("below", 1.999, 2, "expected less than 2, got 2."),
    ],
)
def test_a_bound_refuses_the_values_beyond_it(bound, good, bad, words):
    schema = Schema("float", **{bound: 2})
    schema.check(good)
    with pytest.raises(InvalidValueError, match=words):
        schema.check(bad)


def test_a_bound_holds_for_each_number_of_a_list():
    schema = Schema("ints", at_least=1)
    schema.check([1, 2])
    with pytest.raises(InvalidValueError, match="expected at least 1, got 0"):
        schema.check([1, 0])
