"""The Python interface: one call returns the result, its runs and its networks."""

import json

import pytest
import torch

from Arch import Store, load_config, run
from Arch.errors import CacheError, ConfigError

TINY = {
    "Dataset": "Synthetic",
    "SyntheticSamples": 32,
    "Model": "MLP",
    "MLPWidths": [6],
    "BatchSize": 8,
    "NumEpochs": 2,
}
TAUGHT = {**TINY, "VanillaKD": True, "Teacher": {**TINY, "Seed": 1}, "NumRuns": 2}


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    return run(TAUGHT, cache=tmp_path_factory.mktemp("cache"), device="cpu")


def test_a_run_trains_its_teacher_and_both_are_kept(taught):
    kept = {entry.fingerprint for entry in Store(taught.path.parent).entries()}
    assert kept == {taught.fingerprint, taught.config.references["Teacher"].fingerprint}


def test_the_frame_has_a_row_for_each_run(taught):
    frame = taught.frame()
    assert frame["run"].tolist() == [0, 1]
    assert frame["accuracy"].tolist() == [each.scores["accuracy"] for each in taught.runs()]
    assert frame["accuracy"].mean() == pytest.approx(taught.statistic("accuracy").mean)
    assert frame["accuracy"].std() == pytest.approx(taught.statistic("accuracy").std)


def test_the_network_is_the_trained_one(taught):
    networks = [taught.model(run=index) for index in range(2)]
    images = torch.ones(1, *networks[0].shape)
    assert not networks[0].training
    assert not torch.equal(networks[0](images), networks[1](images))
    assert torch.equal(networks[0](images), taught.model(run=0)(images))


def test_weights_that_were_not_saved_are_refused(taught):
    with pytest.raises(CacheError, match="no Best weights"):
        taught.model(weights="Best")


def test_a_file_a_mapping_and_a_config_give_the_same_runs(taught, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(TAUGHT))
    cache = taught.path.parent
    for asked in (tmp_path / "config.json", str(tmp_path / "config.json"), TAUGHT, load_config(TAUGHT, cache=cache)):
        again = run(asked, cache=cache)
        assert (again.scores, again.seconds, again.path) == (taught.scores, taught.seconds, taught.path)


def test_a_value_that_is_no_config_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="expected a config, a file or a dictionary, got 3"):
        run(3, cache=tmp_path)
