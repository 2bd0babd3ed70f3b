"""Rules with a study that trains nothing: it has no model, epochs or batches, only a reference to a network."""

import json

import pytest

from Arch.planning.workspace import Workspace

RULES = {
    "Trainer": "Training",
    "Trainer:Training:Params": {"Model": "", "NumEpochs": 3},
    "Trainer:Looking:Params": {"Subject": "", "SubjectRun": 0, "SubjectWeights": "Last"},
    "Seed": 0,
    "NumRuns": 1,
    ":": ["NumRuns"],
    "::": {
        "Trainer": {"choices": {"Training": 1, "Looking": 1}},
        "Model": {"choices": {"Net": 1}, "required": True},
        "Subject": {"type": "reference", "model_key": "Model", "resets": {"Trainer": "Training"}, "required": True},
        "SubjectRun": {"at_least": -1},
        "SubjectWeights": {"choices": {"Last": 1, "Best": 1}},
    },
}
TRAINED = {"Model": "Net"}
LOOKING = {"Trainer": "Looking", "Subject": TRAINED}


@pytest.fixture
def looking(tmp_path):
    """An empty cache under the rules."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "BaselineConfig.cjson").write_text(json.dumps(RULES))
    return Workspace.at(tmp_path / "cache", tmp_path / "data")
