"""Facts about keys of a wrong type are refused with their line."""

import json

import pytest

from Arch.errors import RulesError

WRONG_FACTS = {
    "about": [3, None, ["x"]],
    "type": ["number", 3, [], {}],
    "choices": [3, ["a"], {"a": "1"}, {"a": True}, {"a": None}, {"a": 1, "b": "1"}],
    "planned": [3, ["a"], {"a": 1}, {"a": "x", "b": 1}],
    "aliases": ["a", {"a": 1}],
    "at_least": ["x", True, None, [1]],
    "above": ["x"],
    "at_most": [{}],
    "below": [False],
    "required": [1, "yes"],
    "spellings": ["x", [1], ["x", 1], {"x": 1}],
    "retired": [True, 3],
    "model_key": [3, ["Model"]],
    "resets": [3, ["Flag"]],
    "version": [0, "2", True, 1.0],
}


@pytest.mark.parametrize(("fact", "value"), [(fact, value) for fact, values in WRONG_FACTS.items() for value in values])
def test_a_fact_of_the_wrong_type_is_reported_by_its_line(fact, value, rules_of, tmp_path):
    text = f'{{"A": "a",\n"::": {{"A": {{\n"{fact}": {json.dumps(value)}}}}}}}'
    with pytest.raises(RulesError) as refusal:
        rules_of(text)
    assert str(refusal.value).startswith(f"{tmp_path / 'rules.cjson'}:3: {fact} of A: expected ")
