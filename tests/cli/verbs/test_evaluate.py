"""`main.py evaluate`; the oracles are the scores that the trainings recorded, and the second call's cached answer."""

import csv
import json

import pytest
from PIL import Image

from Arch.cli.main import main
from Arch.cli.plotfigs import main as plot
from Arch.errors import ConfigError

TINY = {
    "Dataset": "Synthetic",
    "SyntheticSamples": 64,
    "SyntheticSize": 4,
    "Model": "MLP",
    "MLPWidths": [4],
    "BatchSize": 16,
    "NumEpochs": 1,
    "NumRuns": 2,
}
WHERE = ["--cache", "cache", "--device", "cpu", "--quiet"]


@pytest.fixture
def trained(tmp_path, monkeypatch, capsys):
    """A cached experiment of two runs in the working directory; gives its accuracies."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.json").write_text(json.dumps(TINY))
    assert main(["-c", "net.json", "--json", *WHERE]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    return row


def evaluated(capsys, *words):
    code = main(["evaluate", *words, "--json", *WHERE])
    return code, json.loads(capsys.readouterr().out)


def scores_of(row):
    return {name: row["Scores"][name] for name in ("accuracy", "nll")}


def test_every_run_of_an_experiment_is_measured(trained, capsys):
    code, (row,) = evaluated(capsys, "net.json")
    assert code == 0
    assert row["Active"]["Trainer"] == "Evaluation"
    assert row["Active"]["NetworkRun"] == -1


def test_a_second_call_answers_from_the_cache(trained, capsys):
    _, first = evaluated(capsys, "net.json")
    _, second = evaluated(capsys, trained["Fingerprint"][:10])
    assert first == second


def test_an_untrained_network_of_a_config_is_trained_first(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.json").write_text(json.dumps(TINY))
    code, (row,) = evaluated(capsys, "net.json")
    assert (code, row["Active"]["Dataset"]) == (0, "Synthetic")


def test_missing_runs_are_trained_on_the_data_that_the_file_names(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for number in range(16):
        image = tmp_path / f"images/{('train', 'test')[number % 2]}/{('cat', 'dog')[number // 8]}/{number}.png"
        image.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), (number * 16, 128, 0)).save(image)
    pets = {"Dataset": "ImageFolder", "DataName": "pets", "Model": "MLP", "BatchSize": 4, "NumEpochs": 1}
    (tmp_path / "net.json").write_text(json.dumps({**pets, "DataPath": "images"}))
    assert main(["-c", "net.json", *WHERE]) == 0
    capsys.readouterr()
    (tmp_path / "net.json").write_text(json.dumps({**pets, "DataPath": "images", "NumRuns": 2}))
    code, (row,) = evaluated(capsys, "net.json")
    assert (code, row["Runs"]) == (0, [0, 1])


def test_rows_are_written_too(trained, tmp_path, capsys):
    assert main(["evaluate", "net.json", "--to", "rows.csv", *WHERE]) == 0
    with (tmp_path / "rows.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["run"] for row in rows] == ["0", "1"]
    assert all(float(row["brier"]) >= 0 for row in rows)


def test_a_foreign_network_needs_a_dataset(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="name some with --dataset"):
        main(["evaluate", "torchvision/resnet18", *WHERE])


def test_other_data_are_named_with_their_keys(trained, capsys):
    code, (row,) = evaluated(
        capsys, "net.json", "--dataset", "Synthetic", "--set", "SyntheticSize=4", "--set", "SyntheticSamples=32"
    )
    assert (code, row["Active"]["SyntheticSamples"]) == (0, 32)


def test_figures_are_drawn_of_evaluations_alone_and_name_what_they_left_out(trained, tmp_path, capsys):
    assert main(["evaluate", "net.json", *WHERE]) == 0
    assert plot(["confusion", "reliability", "training-curves", "--cache", "cache"]) == 0
    drawn = capsys.readouterr()
    assert {path.name for path in (tmp_path / "figures").glob("*.png")} == {
        "confusion.png",
        "reliability.png",
        "training-curves.png",
    }
    assert "no run has a confusion matrix" in drawn.err


def test_words_that_select_no_network_are_refused(trained, capsys):
    _, (row,) = evaluated(capsys, "net.json")
    with pytest.raises(ConfigError, match="trains a network that could be evaluated"):
        main(["evaluate", row["Fingerprint"], *WHERE])
