"""Conditions of stanzas, against a truth table written by hand."""

import pytest

from Arch.errors import RulesError
from tests.config.rules.conditions import parsed


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


def test_a_condition_reads_all_keys_of_all_its_alternatives_each_once():
    assert parsed("Flag,Other|Model:MLP|!Flag:Params").keys == ("Flag", "Other", "Model")
