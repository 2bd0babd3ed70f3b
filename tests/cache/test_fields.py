"""Members of records are read by type and range; the error names the file, the member and what was found."""

import math

import pytest

from Arch.cache.fields import Fields
from Arch.errors import CorruptEntryError

DIGEST = "0123456789abcdef" * 4
WRONG = {
    "integer": [1.0, True, "1", None, 2**64 + 1],
    "count": [-1, 10**15 + 1, 1.0],
    "number": [math.inf, math.nan, "1", True, 10**400],
    "seconds": [-0.5, 1e12, None],
    "text": [1, None, ["a"]],
    "digest": ["abc", DIGEST.upper(), DIGEST[1:] + "g", DIGEST[1:] + "\udcff", 1],
    "texts": ["ab", [1], {"a": 1}],
    "mapping": [[], "a", 5],
    "numbers": [{"a": "1"}, {"a": math.inf}, {"a": 10**400}, [1]],
    "objects": [[1], {"a": {}}, 5],
}


@pytest.mark.parametrize(("method", "value"), [(method, value) for method, values in WRONG.items() for value in values])
def test_a_value_of_another_kind_or_out_of_range_is_damage(method, value):
    with pytest.raises(CorruptEntryError, match=r"^Run\.json is damaged or was edited: expected A to be .*, found "):
        getattr(Fields({"A": value}, "Run.json"), method)("A")


@pytest.mark.parametrize("method", WRONG)
def test_a_missing_member_is_damage(method):
    with pytest.raises(CorruptEntryError, match="found nothing"):
        getattr(Fields({}, "Run.json"), method)("A")


def test_right_values_are_given_as_they_are():
    fields = Fields({"n": 3, "x": 2, "t": "a", "d": DIGEST, "l": ["a"], "o": {"a": 1.5}, "os": [{}]}, "Run.json")
    assert (fields.integer("n", 3, 3), fields.count("n"), fields.number("x"), fields.seconds("x")) == (3, 3, 2.0, 2.0)
    assert (fields.text("t"), fields.digest("d"), fields.texts("l")) == ("a", DIGEST, ["a"])
    assert (fields.numbers("o"), fields.inside("o").number("a"), fields.objects("os")) == ({"a": 1.5}, 1.5, [{}])


def test_a_long_value_is_quoted_by_its_beginning():
    with pytest.raises(CorruptEntryError) as caught:
        Fields({"A": "y" * 10_000_000}, "Run.json").integer("A")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("value", [5, [5], {"a": 1}, "x" * 9])
@pytest.mark.parametrize(
    "part",
    [
        "headline", "sessions", "versions", "made_from", "class_names", "accepted_unlike", "classes", "input_shape",
        "normalization", "normalization_constants",
    ],
)  # fmt: skip
def test_parts_of_the_provenance_that_code_reads_are_checked(part, value):
    from Arch.cache.runs.origins import provenance_in

    right = {"headline": "x" * 9, "versions": {"a": 1}, "made_from": {"a": 1}, "classes": 5, "normalization": "x" * 9}
    document = {"Provenance": {part: value, "anything": [1, {"else": None}]}}
    if right.get(part) == value:
        assert provenance_in(Fields(document, "Run.json")) == document["Provenance"]
    else:
        with pytest.raises(CorruptEntryError, match=rf"Run\.json .*expected {part} to be"):
            provenance_in(Fields(document, "Run.json"))


@pytest.mark.parametrize(
    ("part", "right", "wrong"),
    [
        ("classes", [1, 10], [0, True, 10**8, 1.0]),
        ("input_shape", [[3, 32, 32]], [[], [3, 32], [3, 0, 32], [3, 32, 10**6], [3, 32, 32.0]]),
        (
            "normalization_constants",
            [{"mean": [0.5, 1], "std": [1.0, 2], "unit": 255.0}],
            [
                {"mean": [0.5], "std": [1.0]},
                {"mean": [0.5], "std": [], "unit": 1.0},
                {"mean": 0.5, "std": 1.0, "unit": 1.0},
                {"mean": ["a"], "std": [1.0], "unit": 1.0},
                {"mean": [0.5], "std": [1.0], "unit": None},
            ],
        ),
    ],
)
def test_what_a_network_is_rebuilt_from_is_checked(part, right, wrong):
    from Arch.cache.runs.origins import provenance_in

    for value in right:
        provenance_in(Fields({"Provenance": {part: value}}, "Run.json"))
    for value in wrong:
        with pytest.raises(CorruptEntryError, match=rf"expected {part} to be"):
            provenance_in(Fields({"Provenance": {part: value}}, "Run.json"))
