"""Conditions over a few keys of every type, and the values that these keys may have."""

import itertools

from Arch.config.rules.conditions import parse_condition
from Arch.config.rules.schema import Schema

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
VALUES = {
    "Flag": [False, True],
    "Other": [False, True],
    "Model": ["MLP", "ViT_B", "ViT_S", "hub/x"],
    "Count": [1, 2, 3],
    "Share": [0.5, 1.0],
    "Methods": [[], ["KD"], ["CRD"], ["SP"], ["KD", "CRD"], ["KD", "SP"], ["KD", "CRD", "SP"]],
}


def parsed(text):
    """Returns the condition that a stanza's name states."""
    return parse_condition(text, SCHEMAS)


def assignments_of(*conditions):
    """Returns every assignment of values to the keys that the conditions read."""
    names = sorted({key for condition in conditions for key in condition.keys})
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*(VALUES[name] for name in names))]
