"""Contradictions in rules are refused with their line."""

import pytest

from Arch.config.rules.reader import read_rules
from Arch.errors import RulesError

# Each contradiction as it stands in a file, the line it is on, and the heart of what is said.
CONTRADICTIONS = {
    "an unknown key in a condition": (
        '{"Flag": false,\n"Flga:Params": {"X": 1}}',
        2,
        "names the unknown key 'Flga'. Did",
    ),
    "an unknown key in an empty stanza": ('{"Flag": false,\n\n"Flga:Params": {}}', 3, "names the unknown key 'Flga'."),
    "a value outside the choices": (
        '{"Mode": "a",\n"Mode:c:Params": {"X": 1},\n"::": {"Mode": {"choices": {"a": 1, "b": 1}}}}',
        2,
        "the condition 'Mode:c' on Mode: expected one of its choices, got \"c\". Known: a, b.",
    ),
    "a circle of conditions": (
        '{"A": 1, "B": 1,\n"A:Params": {"C": 1},\n"C:Params": {"D": 1, "A:Params": {}},\n"D:Params": {\n"C": 1}}',
        2,
        "the conditions form a cycle: C -> D -> C.",
    ),
    "a key that is its own condition": ('{\n"A:Params": {\n"A": 1}}', 3, "form a cycle: A -> A."),
    "one of and all of at once": (
        '{"A": 1, "B": 1, "C": 1,\n"A,B;C:Params": {"X": 1}}',
        2,
        "mixes ',' (one of) and ';'",
    ),
    "several keys and a value": ('{"A": 1, "B": 1,\n"A,B:1:Params": {"X": 1}}', 2, "names several keys and a value"),
    "a part too many": ('{"A": 1,\n"A:1:2:Params": {"X": 1}}', 2, "has more than the parts KEY:VALUES:Params"),
    "a negation in the middle": ('{"A": 1, "B": 1,\n"A,!B:Params": {"X": 1}}', 2, "'!' negates a whole condition"),
    "a stanza without its ending": ('{"A": 1,\n"A:1": {"X": 1}}', 2, "'A:1' has a colon and so must end in ':Params'."),
    "a stanza that is no object": ('{"A": 1,\n"A:Params": 3}', 2, "expected a stanza {...}, got 3."),
    "a value that is no number": ('{"A": 1,\n"A:x:Params": {"X": 1}}', 2, 'expected a whole number, got "x".'),
    "all of several values of no list": ('{"A": 1,\n"A:1;2:Params": {"X": 1}}', 2, "can never hold: A is no list."),
    "a nested condition on an unknown key": (
        '{"A": 1,\n"A:Params": {\n"X": 1,\n"Y:Params": {"Z": 1}}}',
        4,
        "names the unknown key 'Y'",
    ),
    "an option without default": ('{"A": 1,\n":": ["A",\n"B"]}', 3, "the option 'B' has no default; declare it"),
    "an option that is no name": ('{"A": 1,\n":": ["A", ["A"]]}', 1, 'expected an option\'s name, got ["A"].'),
    "options that are no list": ('{"A": 1,\n":": "A"}', 2, 'expected a list of options, got "A".'),
    "an option under a condition": (
        '{"A": 1,\n"A:Params": {\n"B": 1}, ":": ["B"]}',
        3,
        "can always be read and takes no",
    ),
    "an option as a condition": (
        '{"A": 1,\n"A:Params": {"B": 1}, ":": ["A"]}',
        2,
        "reads the option 'A', which must not",
    ),
    "nested options": ('{"A": 1,\n"A:Params": {\n":": ["A"]}}', 3, "':' belongs to the top level of the rules."),
    "nested facts": ('{"A": 1,\n"A:Params": {\n"::": {}}}', 3, "'::' belongs to the top level of the rules."),
    "defaults that may hold together": (
        '{"A": 1, "B": 1,\n"A:Params": {"X": 1},\n"B:Params": {\n"X": 2}}',
        4,
        "'X' has the default 2 here and 1 in line 2, and both may hold; give it one default or another name.",
    ),
    "defaults of alternatives that may hold together": (
        '{"A": 1, "B": 1, "M": "x",\n"A|B:Params": {"X": 1},\n"!A|M:y:Params": {"X": 2}}',
        3,
        "'X' has the default 2 here and 1 in line 2, and both may hold",
    ),
    "an unknown key in one alternative": (
        '{"Flag": false,\n"Flag|Flga:Params": {"X": 1}}',
        2,
        "in 'Flag|Flga:Params': the condition 'Flga' names the unknown key 'Flga'. Did",
    ),
    "an option in one alternative": (
        '{"A": 1, "B": 1,\n"B|A:Params": {"C": 1}, ":": ["A"]}',
        2,
        "the condition 'B|A' reads the option 'A', which must not",
    ),
    "a cycle through one alternative": (
        '{"A": 1,\n"A|D:Params": {"C": 1},\n"C:Params": {"D": 1}}',
        2,
        "the conditions form a cycle: ",
    ),
    "a default beside an unconditional one": ('{"A": 1, "X": 1,\n"A:Params": {"X": 2}}', 2, "2 here and 1 in line 1"),
    "defaults of two values that a list may hold": (
        '{"M": ["x"],\n"M:x:Params": {"X": 1},\n"M:y:Params": {"X": 2}}',
        3,
        "'X' has the default 2 here and 1 in line 2",
    ),
    "a type that the default does not show": (
        '{\n"A": []}',
        2,
        "the type of 'A' cannot be inferred from its default; give it a type",
    ),
    "a default that is null": ('{\n"A": null}', 2, "the type of 'A' cannot be inferred from its default"),
    "a default that is an object": ('{\n"A": {"b": 1}}', 2, "the type of 'A' cannot be inferred from its default"),
    "a list of several types": ('{\n"A": [1, "b"]}', 2, "the type of 'A' cannot be inferred from its default"),
    "a default of another type": (
        '{\n"A": 1.5, "::": {"A": {"type": "int"}}}',
        2,
        "the default of 'A': expected a whole",
    ),
    "a default out of range": (
        '{\n"A": 1, "::": {"A": {"at_least": 2}}}',
        2,
        "the default of 'A': expected at least 2",
    ),
    "a default that is no choice": (
        '{\n"A": "z", "::": {"A": {"choices": {"a": 1}}}}',
        2,
        "expected one of its choices",
    ),
    "an empty default among choices": (
        '{\n"A": "", "::": {"A": {"choices": {"a": 1}}}}',
        2,
        "expected one of its choices",
    ),
    "facts about an undeclared key": (
        '{"Alpha": 1,\n"::": {\n"Alpah": {"about": "x"}}}',
        3,
        "facts about 'Alpah', which is not declared. Did you mean 'Alpha'?",
    ),
    "an unknown fact": (
        '{"A": 1,\n"::": {"A": {\n"at_last": 1}}}',
        3,
        "no fact about a key is called 'at_last'. Did you mean 'at_least'?",
    ),
    "facts that are no object": ('{"A": 1,\n"::": {"A": 3}}', 2, "expected an object of facts about A, got 3."),
    "a part of facts that is no object": (
        '{"A": 1,\n"::": [3]}',
        2,
        "expected an object of facts about keys, got [3].",
    ),
    "a key given twice": ('{"A": 1,\n"B": 1,\n"A": 2}', 3, "'A' is given twice. Keep one."),
    "a stanza given twice": ('{"A": 1,\n"A:Params": {"B": 1},\n"A:Params": {"C": 1}}', 3, "'A:Params' is given twice."),
    "NaN": ('{"A": 1,\n"B": NaN}', 2, "expected a finite number, got NaN."),
    "infinity": ('{"A": 1,\n"B": -Infinity}', 2, "expected a finite number, got -Infinity."),
    "a torn file": ('{"A": 1,\n"B": ', 2, "not valid JSON"),
    "another spelling that is a key": (
        '{"A": 1, "B": 1,\n"::": {"A": {"spellings": [\n"B"]}}}',
        3,
        "'B' is the name of anot",
    ),
    "another spelling of two keys": (
        '{"A": 1, "B": 1,\n"::": {"A": {"spellings": ["C"]},\n"B": {"spellings": ["C"]}}}',
        3,
        "'C' is the name of another key.",
    ),
    "another spelling that is retired": (
        '{"A": 1,\n"::": {"A": {\n"spellings": ["C"]}, "C": {"retired": "gone"}}}',
        3,
        "'C' is the name of another key.",
    ),
    "two keys of one name in Python": (
        '{"MaxLR": 1,\n"MaxLr": 2}',
        2,
        "'MaxLR' and 'MaxLr' are both 'max_lr' in Python.",
    ),
    "a key declared and retired": ('{"A": 1,\n"::": {\n"A": {"retired": "gone"}}}', 3, "'A' is declared and retired"),
    "an alias that is a choice": (
        '{"A": "a", "::": {"A": {"choices": {"a": 1, "b": 1},\n"aliases": {"a": "b"}}}}',
        2,
        "'a' is a choice of A and an alias.",
    ),
    "an alias of no choice": (
        '{"A": "alpha", "::": {"A": {"choices": {"alpha": 1},\n"aliases": {"a": "alhpa"}}}}',
        2,
        "the alias 'a' means 'alhpa', no choice of A. Did you mean 'alpha'?",
    ),
    "choices of a number": (
        '{"A": 1,\n"::": {"A": {"choices": {"1": 1}}}}',
        2,
        "choices of A: a whole number, has none",
    ),
    "bounds of a text": ('{"A": "a",\n"::": {"A": {"at_least": 1}}}', 2, "at_least of A: text, has none; only these"),
    "planned values of a truth": (
        '{"A": false,\n"::": {"A": {"planned": {"yes": "x"}}}}',
        2,
        "expected true or false as",
    ),
    "a reference without a model's key": ('{"A": "",\n"::": {"A": {"type": "reference"}}}', 2, "has no model_key"),
    "a reference with an unknown model's key": (
        '{"A": "",\n"::": {"A": {"type": "reference", "model_key": "B"}}}',
        2,
        "the reference 'A' names the unknown key 'B'.",
    ),
    "a reset of an unknown key": (
        '{"A": "", "M": "",\n"::": {"A": {"type": "reference", "model_key": "M", "resets": {"C": 1}}}}',
        2,
        "the reference 'A' names the unknown key 'C'.",
    ),
    "a reset to another type": (
        '{"A": "", "M": "", "F": true,\n"::": {"A": {"type": "reference", "model_key": "M",\n"resets": {"F": 0}}}}',
        3,
        "A resets F: expected true or false, got 0.",
    ),
    "a model's key of no reference": (
        '{"A": "",\n"::": {"A": {"model_key": "A"}}}',
        2,
        "only these types have: reference.",
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_is_reported_by_its_line(name, rules_of, tmp_path):
    text, line, words = CONTRADICTIONS[name]
    with pytest.raises(RulesError) as refusal:
        rules_of(text)
    message = str(refusal.value)
    assert message.startswith(f"{tmp_path / 'rules.cjson'}:{line}: ")
    assert words in message
    assert "\n" not in message


@pytest.mark.parametrize("text", ["[]", "3", '"text"', "null"])
def test_rules_that_are_no_object_are_refused(text, rules_of):
    with pytest.raises(RulesError, match="expected a JSON object"):
        rules_of(text)


def test_a_missing_rules_file_is_refused(tmp_path):
    with pytest.raises(RulesError, match="no such file"):
        read_rules(tmp_path / "no.cjson")
