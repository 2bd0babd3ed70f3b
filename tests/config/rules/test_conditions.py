"""Conditions of stanzas, against a truth table written by hand and a literal evaluation."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from Arch.config.rules.conditions import never_together, parse_condition
from Arch.config.rules.schema import Schema
from Arch.errors import RulesError

SCHEMAS = {
    "Flag": Schema("bool"),
    "Other": Schema("bool"),
    "Count": Schema("int"),
    "Share": Schema("float"),
    "Model": Schema(
        "str", choices={"MLP": 1, "ViT_B": 1, "ViT_S": 1}, planned={"hub/*": "later"}, aliases={"Net": "MLP"}
    ),
    "Free": Schema("str"),
    "Methods": Schema("strs"),
    "Layers": Schema("ints"),
    "Teacher": Schema("reference"),
}


def parsed(text):
    return parse_condition(text, SCHEMAS)


@pytest.mark.parametrize(
    ("text", "seen", "verdict"),
    [
        ("Flag:Params", {"Flag": True}, True),
        ("Flag:Params", {"Flag": False}, False),
        ("Free:Params", {"Free": ""}, False),
        ("Free:Params", {"Free": "x"}, True),
        ("Methods:Params", {"Methods": []}, False),
        ("!Flag:Params", {"Flag": False}, True),
        ("!Flag:Params", {"Flag": True}, False),
        ("Flag,Other:Params", {"Flag": False, "Other": True}, True),
        ("Flag,Other:Params", {"Flag": False, "Other": False}, False),
        ("Flag;Other:Params", {"Flag": False, "Other": True}, False),
        ("Flag;Other:Params", {"Flag": True, "Other": True}, True),
        ("!Flag,Other:Params", {"Flag": False, "Other": True}, False),
        ("!Flag,Other:Params", {"Flag": False, "Other": False}, True),
        ("!Flag;Other:Params", {"Flag": False, "Other": True}, True),
        ("!Flag;Other:Params", {"Flag": True, "Other": True}, False),
        ("Model:MLP:Params", {"Model": "MLP"}, True),
        ("Model:MLP:Params", {"Model": "ViT_B"}, False),
        ("Model:Net:Params", {"Model": "MLP"}, True),
        ("Model:MLP,ViT_B:Params", {"Model": "ViT_B"}, True),
        ("Model:MLP,ViT_B:Params", {"Model": "ViT_S"}, False),
        ("Model:ViT_*:Params", {"Model": "ViT_S"}, True),
        ("Model:ViT_*:Params", {"Model": "MLP"}, False),
        ("Model:!ViT_*:Params", {"Model": "MLP"}, True),
        ("Model:!MLP,ViT_B:Params", {"Model": "ViT_B"}, False),
        ("Model:!MLP,ViT_B:Params", {"Model": "ViT_S"}, True),
        ("Model:hub/x:Params", {"Model": "hub/x"}, True),
        ("Methods:KD:Params", {"Methods": ["CRD", "KD"]}, True),
        ("Methods:KD:Params", {"Methods": ["KDX"]}, False),
        ("Methods:KD,CRD:Params", {"Methods": ["CRD"]}, True),
        ("Methods:KD;CRD:Params", {"Methods": ["CRD"]}, False),
        ("Methods:KD;CRD:Params", {"Methods": ["CRD", "KD"]}, True),
        ("Methods:!KD;CRD:Params", {"Methods": ["CRD"]}, True),
        ("Methods:!KD:Params", {"Methods": []}, True),
        ("Count:3:Params", {"Count": 3}, True),
        ("Count:3:Params", {"Count": 4}, False),
        ("Share:1:Params", {"Share": 1.0}, True),
        ("Share:0.5,1e-1:Params", {"Share": 0.1}, True),
        ("Layers:2:Params", {"Layers": [1, 2]}, True),
        ("Layers:2:Params", {"Layers": [12]}, False),
        ("Flag:true:Params", {"Flag": True}, True),
        ("Flag:false:Params", {"Flag": True}, False),
        (" Flag , Other :Params", {"Flag": False, "Other": True}, True),
        ("Model: MLP , ViT_B :Params", {"Model": "ViT_B"}, True),
        ("Flag|Model:MLP:Params", {"Flag": True, "Model": "ViT_B"}, True),
        ("Flag|Model:MLP:Params", {"Flag": False, "Model": "MLP"}, True),
        ("Flag|Model:MLP:Params", {"Flag": False, "Model": "ViT_B"}, False),
        ("Model:MLP,ViT_B|!Flag:Params", {"Model": "ViT_S", "Flag": False}, True),
        ("Model:MLP,ViT_B|!Flag:Params", {"Model": "ViT_S", "Flag": True}, False),
        ("Flag;Other|Methods:KD;CRD:Params", {"Flag": True, "Other": False, "Methods": ["CRD", "KD"]}, True),
        ("Flag;Other|Methods:KD;CRD:Params", {"Flag": True, "Other": False, "Methods": ["KD"]}, False),
        (" Flag | Other | Count:3 :Params", {"Flag": False, "Other": False, "Count": 3}, True),
    ],
)
def test_a_condition_holds_as_the_table_says(text, seen, verdict):
    assert parsed(text).holds(seen) is verdict


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Flag", "'Flag' has a colon and so must end in ':Params'."),
        ("Flag:params", "'Flag:params' has a colon and so must end in ':Params'."),
        ("Model:MLP:x:Params", "has more than the parts KEY:VALUES:Params; nest stanzas for a further condition."),
        ("Flag,Count;Other:Params", "mixes ',' (one of) and ';' (all of); use one."),
        ("Model:MLP,ViT_B;ViT_S:Params", "mixes ',' (one of) and ';' (all of); use one."),
        ("Flag,Other:true:Params", "names several keys and a value; a value belongs to one key."),
        ("Flag,!Other:Params", "'!' negates a whole condition and is written once"),
        ("!!Flag:Params", "'!' negates a whole condition and is written once"),
        ("!Model:MLP:Params", "'!' negates a whole condition and is written once"),
        ("Model:MLP,!ViT_B:Params", "'!' negates a whole condition and is written once"),
        ("Model:!!MLP:Params", "'!' negates a whole condition and is written once"),
        (":Params", "':Params' has an empty name or value."),
        ("Model::Params", "'Model::Params' has an empty name or value."),
        ("Model:!:Params", "has an empty name or value."),
        ("Flag,:Params", "has an empty name or value."),
        ("Flagg:Params", "the condition 'Flagg' names the unknown key 'Flagg'. Did you mean 'Flag'?"),
        ("flag:Params", "Did you mean 'Flag' (names are case-sensitive)?"),
        ("Model:Vit_B:Params", "the condition 'Model:Vit_B' on Model: expected one of its choices, got \"Vit_B\"."),
        ("Model:Vit*:Params", "the condition 'Model:Vit*' on Model: expected one of its choices, got \"Vit*\"."),
        ("Count:three:Params", "the condition 'Count:three' on Count: expected a whole number, got \"three\"."),
        ("Count:1.5:Params", "expected a whole number, got 1.5."),
        ("Count:true:Params", "expected a whole number, got true."),
        ("Flag:1:Params", "expected true or false, got 1."),
        ("Share:NaN:Params", "expected a finite number"),
        ("Teacher:MLP:Params", "is not compared by value."),
        ("Model:MLP;ViT_B:Params", "the condition 'Model:MLP;ViT_B' can never hold: Model is no list."),
        ("Flag|Flagg:Params", "in 'Flag|Flagg:Params': the condition 'Flagg' names the unknown key 'Flagg'. Did you"),
        ("Flag|Model:MLP:x:Params", "in 'Flag|Model:MLP:x:Params': 'Model:MLP:x:Params' has more than the parts"),
        ("Model:MLP;ViT_B|Flag:Params", "the condition 'Model:MLP;ViT_B' can never hold: Model is no list."),
        ("Flag||Other:Params", "in 'Flag||Other:Params': ':Params' has an empty name or value."),
        ("Flag|:Params", "has an empty name or value."),
        ("|Flag:Params", "has an empty name or value."),
        ("Flag|Flag,Other;Count:Params", "'Flag,Other;Count:Params' mixes ',' (one of) and ';' (all of); use one."),
        ("Flag|Flag,Other:true:Params", "'Flag,Other:true:Params' names several keys and a value"),
        (
            "Flag:Params|Other:Params",
            "':Params' is written once, at the end, and not after the alternative 'Flag:Params'",
        ),
        ("!(Flag|Other):Params", "names the unknown key '(Flag'"),
    ],
)
def test_a_condition_outside_the_grammar_is_refused(text, words):
    with pytest.raises(RulesError) as refusal:
        parsed(text)
    assert words in str(refusal.value)


EXCLUDING = [
    ("Flag:Params", "!Flag:Params"),
    ("Flag,Other:Params", "!Flag,Other:Params"),
    ("Flag;Other:Params", "!Flag;Other:Params"),
    ("Flag:true:Params", "Flag:false:Params"),
    ("Flag:true:Params", "Flag:!true:Params"),
    ("Model:MLP:Params", "Model:ViT_B:Params"),
    ("Model:MLP:Params", "Model:ViT_*:Params"),
    ("Model:MLP:Params", "Model:!MLP,ViT_B:Params"),
    ("Model:ViT_B:Params", "Model:!ViT_*:Params"),
    ("Model:ViT_*:Params", "Model:!MLP,ViT_*:Params"),
    ("Count:1:Params", "Count:2:Params"),
    ("Methods:KD:Params", "Methods:!KD,CRD:Params"),
    ("Methods:KD;CRD:Params", "Methods:!KD:Params"),
    ("Methods:KD;CRD;SP:Params", "Methods:!KD;CRD:Params"),
    ("Methods:KD;CRD:Params", "Methods:!CRD;KD:Params"),
    ("Flag:Params", "!Flag,Other:Params"),
    ("Flag;Other:Params", "!Flag:Params"),
    ("Flag|Other:Params", "!Flag,Other:Params"),
    ("Model:MLP|Model:ViT_B:Params", "Model:ViT_S|Model:hub/x:Params"),
    ("Model:MLP|Model:ViT_B:Params", "Model:!MLP,ViT_*:Params"),
]
MEETING = [
    ("Flag:Params", "Flag:Params"),
    ("Flag:Params", "Other:Params"),
    ("Flag:Params", "!Other:Params"),
    ("Flag,Other:Params", "!Flag;Other:Params"),
    ("!Flag:Params", "!Flag:Params"),
    ("Flag:Params", "Flag:true:Params"),
    ("Model:MLP:Params", "Model:MLP,ViT_B:Params"),
    ("Model:ViT_B:Params", "Model:ViT_*:Params"),
    ("Model:!MLP:Params", "Model:!ViT_B:Params"),
    ("Model:MLP,ViT_B:Params", "Model:!MLP:Params"),
    ("Methods:KD:Params", "Methods:CRD:Params"),
    ("Methods:KD:Params", "Methods:!KD;CRD:Params"),
    ("Methods:KD,CRD:Params", "Methods:!KD;CRD:Params"),
    ("Methods:KD,SP:Params", "Methods:!KD,CRD:Params"),
    ("Share:1:Params", "Share:1.0:Params"),
    ("Flag,Other:Params", "!Flag:Params"),
    ("Flag:Params", "!Flag;Other:Params"),
    ("Flag|Other:Params", "!Flag:Params"),
    ("Model:MLP|Flag:Params", "Model:ViT_B:Params"),
    ("Model:MLP|Model:ViT_B:Params", "Model:ViT_S|Model:ViT_B:Params"),
]


@pytest.mark.parametrize(("one", "other"), EXCLUDING)
def test_conditions_that_exclude_each_other_are_detected(one, other):
    assert parsed(one).excludes(parsed(other))
    assert parsed(other).excludes(parsed(one))


@pytest.mark.parametrize(("one", "other"), MEETING)
def test_conditions_that_may_hold_together_do_not_exclude_each_other(one, other):
    assert not parsed(one).excludes(parsed(other))
    assert not parsed(other).excludes(parsed(one))


VALUES = {
    "Flag": [False, True],
    "Other": [False, True],
    "Model": ["MLP", "ViT_B", "ViT_S", "hub/x"],
    "Count": [1, 2, 3],
    "Share": [0.5, 1.0],
    "Methods": [[], ["KD"], ["CRD"], ["SP"], ["KD", "CRD"], ["KD", "SP"], ["KD", "CRD", "SP"]],
}


def test_conditions_that_exclude_each_other_never_hold_together():
    texts = sorted({text for pair in EXCLUDING + MEETING for text in pair})
    for one, other in itertools.combinations(map(parsed, texts), 2):
        if one.excludes(other):
            assert not [
                assigned for assigned in assignments_of(one, other) if one.holds(assigned) and other.holds(assigned)
            ]


def assignments_of(*conditions):
    names = sorted({key for condition in conditions for key in condition.keys})
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*(VALUES[name] for name in names))]


@pytest.mark.parametrize(
    ("ones", "others", "is_seen"),
    [
        (["Flag|Model:MLP:Params"], ["!Flag:Params", "Model:!MLP:Params"], True),
        (["Flag|Model:MLP:Params"], ["!Flag:Params"], False),
        (["Other:Params", "Flag|Model:MLP:Params"], ["!Flag:Params", "Model:ViT_*|Model:hub/x:Params"], True),
        (["Flag:Params"], [], False),
    ],
)
def test_nested_conditions_exclude_the_alternatives_of_another_one_by_one(ones, others, is_seen):
    ones, others = [parsed(each) for each in ones], [parsed(each) for each in others]
    assert never_together(ones, others) is is_seen
    assert never_together(others, ones) is is_seen


def test_a_condition_reads_all_keys_of_all_its_alternatives_each_once():
    assert parsed("Flag,Other|Model:MLP|!Flag:Params").keys == ("Flag", "Other", "Model")


# One alternative of each kind, as text and as the Python expression that it stands for.
LITERAL = {
    "Flag": lambda w: w["Flag"],
    "!Other": lambda w: not w["Other"],
    "Flag,Other": lambda w: w["Flag"] or w["Other"],
    "!Flag,Other": lambda w: not (w["Flag"] or w["Other"]),
    "Flag;Other": lambda w: w["Flag"] and w["Other"],
    "!Flag;Other": lambda w: not (w["Flag"] and w["Other"]),
    "Model:MLP": lambda w: w["Model"] == "MLP",
    "Model:ViT_*": lambda w: w["Model"].startswith("ViT_"),
    "Model:!MLP,ViT_B": lambda w: w["Model"] not in ("MLP", "ViT_B"),
    "Count:1,2": lambda w: w["Count"] in (1, 2),
    "Count:!2": lambda w: w["Count"] != 2,
    "Methods:KD,SP": lambda w: bool({"KD", "SP"} & {*w["Methods"]}),
    "Methods:KD;CRD": lambda w: {"KD", "CRD"} <= {*w["Methods"]},
    "Methods:!KD;CRD": lambda w: not {"KD", "CRD"} <= {*w["Methods"]},
}
ALTERNATIVES = st.lists(st.sampled_from(sorted(LITERAL)), min_size=1, max_size=4)
ASSIGNMENTS = st.fixed_dictionaries({key: st.sampled_from(values) for key, values in VALUES.items()})


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(texts=ALTERNATIVES, assigned=ASSIGNMENTS)
def test_alternatives_hold_as_their_literal_evaluation_says(texts, assigned):
    assert parsed(f"{'|'.join(texts)}:Params").holds(assigned) == any(LITERAL[text](assigned) for text in texts)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(ones=st.lists(ALTERNATIVES, min_size=1, max_size=2), others=st.lists(ALTERNATIVES, min_size=1, max_size=2))
def test_stanzas_that_exclude_each_other_never_hold_together(ones, others):
    mine, yours = ([parsed(f"{'|'.join(texts)}:Params") for texts in side] for side in (ones, others))
    if never_together(mine, yours):
        for assigned in assignments_of(*mine, *yours):
            assert not all(any(LITERAL[text](assigned) for text in texts) for texts in (*ones, *others))
