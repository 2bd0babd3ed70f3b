"""Trainers of plugins: which keys count for them, and runs whose scores have no accuracy."""

import json

import pytest

from Arch.cli.main import main
from Arch.cli.plotfigs import main as plot

TINY = {"Dataset": "Synthetic", "SyntheticSamples": 32, "SyntheticSize": 4, "Model": "MLP", "MLPWidths": [4]}
FAST = {"BatchSize": 16, "NumEpochs": 1}
NORMS = '''"""A training whose evaluation gives the norm of the weights and no accuracy."""

from Arch.extend import TRAINERS
from Arch.training.trainers.kd_trainer import KDTrainer


@TRAINERS.register("Norms")
class Norms(KDTrainer):
    """Fits as KDTrainer does."""

    headline = "mean_norm"

    def evaluate(self, model, dataset, split="test"):
        return {"mean_norm": 1.25}
'''


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Writes a plugin with the trainer Norms and further stanzas; the working directory is its folder."""
    monkeypatch.chdir(tmp_path)

    def write(**stanzas):
        (tmp_path / "norms.py").write_text(NORMS)
        facts = {"Trainer": {"choices": {"Norms": 1}}, **stanzas.pop("facts", {})}
        (tmp_path / "norms.cjson").write_text(json.dumps({**stanzas, "::": facts}))
        return ["norms.py"]

    return write


def test_a_trainer_of_a_plugin_has_the_keys_of_a_training(plugin, resolver):
    config = resolver.resolve({**TINY, "Plugins": plugin(), "Trainer": "Norms"})
    assert config["MaxLR"] == 0.0075
    assert config.active.keys() == resolver.resolve(TINY).active.keys()


def test_a_trainer_with_a_stanza_of_its_own_has_only_the_keys_in_it(plugin, resolver):
    plugins = plugin(**{"Trainer:Norms:Params": {"NormOrder": 2}}, facts={"NormOrder": {"about": "Of the norm."}})
    config = resolver.resolve({"Dataset": "Synthetic", "Plugins": plugins, "Trainer": "Norms"})
    assert config["NormOrder"] == 2
    assert {"Model", "NumEpochs", "MaxLR"} & config.active.keys() == set()


def test_scores_without_an_accuracy_are_shown_and_hinder_no_figure(plugin, tmp_path, capsys):
    (tmp_path / "norms.json").write_text(json.dumps({**TINY, **FAST, "Plugins": plugin(), "Trainer": "Norms"}))
    (tmp_path / "plain.json").write_text(json.dumps({**TINY, **FAST}))
    assert main(["-c", "norms.json", "plain.json", "--cache", "cache", "--device", "cpu"]) == 0
    shown = capsys.readouterr()
    assert "mean norm" in shown.out
    assert "mean_norm 1.25" in shown.err
    assert plot(["accuracy-bars", "norms.json", "plain.json", "--cache", "cache"]) == 0
    assert "leaves out" in capsys.readouterr().err
