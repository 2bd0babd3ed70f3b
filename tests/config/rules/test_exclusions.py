"""Conditions that exclude each other: pairs written by hand, checked under every assignment of values."""

import itertools

import pytest

from Arch.config.rules.conditions import never_together
from tests.config.rules.conditions import assignments_of, parsed

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


def test_conditions_that_exclude_each_other_never_hold_together():
    texts = sorted({text for pair in EXCLUDING + MEETING for text in pair})
    for one, other in itertools.combinations(map(parsed, texts), 2):
        if one.excludes(other):
            assert not [
                assigned for assigned in assignments_of(one, other) if one.holds(assigned) and other.holds(assigned)
            ]


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
