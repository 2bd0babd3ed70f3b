"""Alternatives of a condition, against their literal evaluation in Python."""

from hypothesis import given, settings
from hypothesis import strategies as st

from Arch.config.rules.conditions import never_together
from tests.config.rules.conditions import VALUES, assignments_of, parsed

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
