"""Fixtures for a cache under a few made-up rules, which a test may change."""

import json
from pathlib import Path

import pytest

from Arch import files
from Arch.planning.workspace import Workspace
from Arch.types import Epoch, Run

RULES = {
    "Model": "",
    "Temperature": 4.0,
    "Widths": [8],
    "Seed": 0,
    "Note": "",
    "Fancy": False,
    "Fancy:Params": {"Depth": 2},
    "Taught": False,
    "Taught:Params": {"Teacher": ""},
    "NumRuns": 1,
    "DataPath": "",
    ":": ["NumRuns", "DataPath"],
    "::": {
        "Model": {"choices": {"Net": 1, "Other": 1}, "aliases": {"net": "Net"}, "required": True},
        "Temperature": {"above": 0, "spellings": ["Heat"]},
        "Widths": {"type": "ints", "at_least": 1},
        "DataPath": {"type": "path"},
        "Teacher": {"type": "reference", "model_key": "Model", "resets": {"Taught": False}, "required": True},
    },
}


@pytest.fixture
def rules():
    """A copy of the rules, which a test may change."""
    return json.loads(json.dumps(RULES))


@pytest.fixture
def workspace_of(tmp_path):
    """Returns a workspace of one cache under the given rules."""

    def under(rules):
        (tmp_path / "cache").mkdir(exist_ok=True)
        (tmp_path / "cache" / "BaselineConfig.cjson").write_text(json.dumps(rules, indent=1))
        return Workspace.at(tmp_path / "cache", tmp_path / "data")

    return under


@pytest.fixture
def workspace(workspace_of, rules):
    return workspace_of(rules)


@pytest.fixture
def add(workspace):
    """Adds an experiment with a number of runs to the cache and returns its entry."""
    return lambda runs=1, **values: put(workspace, runs, **values)


def put(workspace, runs=1, **values):
    """Adds an experiment with a number of runs to a cache and returns its entry."""
    config = workspace.resolver.resolve({"Model": "Net", **values}, Path.cwd())
    entry = workspace.store.entry(config)
    entry.open(config)
    for index in range(runs):
        with entry.write_run(index) as writer:
            files.write_synced(writer.folder / "Last.safetensors", b"weights of %d" % index)
            writer.commit(run(index))
    return entry


def run(index, accuracy=0.5):
    epoch = Epoch(1, {"loss": 1.25}, {"accuracy": accuracy}, {}, 0.1, 2.0)
    return Run(index, seed=7, epochs=(epoch,), scores={"accuracy": accuracy}, seconds=3.5, provenance={"device": "cpu"})
