"""A cached answer says that the user's data have changed since. Oracles: the files that the test changes."""

import json
import os
import shutil

import numpy as np
import pytest

from Arch.cache.runs import manifest
from Arch.cli.main import main
from Arch.errors import ConfigError


@pytest.fixture
def toy(tmp_path):
    """A config of a file of arrays, trained once."""
    save(tmp_path / "toy.npz", labels=0)
    keys = {
        "Dataset": "Arrays",
        "DataName": "toy",
        "DataPath": "../toy.npz",
        "Model": "MLP",
        "NumEpochs": 1,
        "BatchSize": 16,
    }
    config = tmp_path / "configs" / "toy.json"
    config.parent.mkdir()
    config.write_text(json.dumps({**keys, "MLPWidths": [4]}))
    assert program(tmp_path, "-c", config, "--quiet") == 0
    return config


def save(path, labels):
    x = np.random.default_rng(labels).random((32, 4)).astype("float32")
    y = (np.arange(32) + labels) % 2
    np.savez(path, x_train=x, y_train=y, x_test=x, y_test=y)


def program(tmp_path, *words):
    return main([*map(str, words), "--cache", str(tmp_path / "cache"), "--data", str(tmp_path / "data")])


def test_an_answer_from_unchanged_data_has_no_note(toy, tmp_path, capsys):
    assert program(tmp_path, "-c", toy) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("verb", [["-c"], ["-e"]])
def test_an_answer_from_data_that_changed_says_so(toy, tmp_path, capsys, verb):
    save(tmp_path / "toy.npz", labels=1)
    assert program(tmp_path, *verb, toy if verb == ["-c"] else toy.parent) == 0
    assert "/toy.npz has changed since these runs were made" in capsys.readouterr().err


def test_a_network_is_not_measured_on_other_data_of_the_same_name(toy, tmp_path, capsys):
    assert program(tmp_path, "evaluate", toy) == 0
    save(tmp_path / "toy.npz", labels=1)
    assert program(tmp_path, "evaluate", toy, "--split", "train") == 1
    assert "the data called toy are not those of MLP on toy, run 0: their digest is" in capsys.readouterr().err


def test_an_answer_from_data_that_were_removed_says_so(toy, tmp_path, capsys):
    (tmp_path / "toy.npz").unlink()
    assert program(tmp_path, "-c", toy) == 0
    assert "/toy.npz any more; the answer is of the earlier data" in capsys.readouterr().err


def test_data_that_are_no_file_are_named(toy, tmp_path, capsys):
    (tmp_path / "toy.npz").unlink()
    os.mkfifo(tmp_path / "toy.npz")
    assert program(tmp_path, "-c", toy, "--set", "NumRuns=2") == 1
    assert "/toy.npz: is a named pipe, and a file is expected there" in capsys.readouterr().err


def test_a_copy_elsewhere_with_its_time_is_the_same_data(toy, tmp_path, capsys):
    shutil.copy2(tmp_path / "toy.npz", tmp_path / "copy.npz")
    assert program(tmp_path, "-c", toy, "--set", f"DataPath={tmp_path}/copy.npz") == 0
    assert capsys.readouterr().err == ""


def test_quiet_says_nothing(toy, tmp_path, capsys):
    (tmp_path / "toy.npz").unlink()
    assert program(tmp_path, "-c", toy, "--quiet") == 0
    assert capsys.readouterr().err == ""


def test_verify_compares_the_content_and_not_the_time(toy, tmp_path, capsys):
    os.utime(tmp_path / "toy.npz", (1, 1))
    assert main(["verify", "--cache", str(tmp_path / "cache"), "--data"]) == 0
    assert capsys.readouterr().out.endswith("all as they were written\ndata of 1 runs compared\n")
    save(tmp_path / "toy.npz", labels=1)
    assert main(["verify", "--cache", str(tmp_path / "cache"), "--data"]) == 1
    assert "toy.npz are not those of run 0 of MLP on toy: their digest is" in capsys.readouterr().out


def test_verify_counts_the_runs_whose_data_it_cannot_compare(toy, tmp_path, capsys):
    [record] = (tmp_path / "cache").glob("*/Runs/000/Run.json")
    document = json.loads(record.read_text())
    del document["Provenance"]["data_digest"]
    record.write_text(json.dumps(document))
    manifest.write(record.parent)
    main(["verify", "--cache", str(tmp_path / "cache"), "--data"])
    told = "data of 0 runs compared; not those of 1, made with a plugin or without a record of their data"
    assert told in capsys.readouterr().out


@pytest.mark.parametrize("compares_first", [True, False])
def test_verify_compares_the_data_in_another_folder(compares_first, toy, tmp_path, capsys):
    folder, bare = ["--data", str(tmp_path / "data")], ["--data"]
    words = [*bare, *folder] if compares_first else [*folder, *bare]
    save(tmp_path / "toy.npz", labels=1)
    assert main(["verify", "--cache", str(tmp_path / "cache"), *words]) == 1
    assert "data of 1 runs compared" in capsys.readouterr().out
    assert list((tmp_path / "data" / "decoded").iterdir())


def test_verify_without_the_option_reads_no_data(toy, tmp_path, capsys):
    (tmp_path / "toy.npz").unlink()
    assert program(tmp_path, "verify") == 0


def test_a_word_after_the_option_is_refused():
    with pytest.raises(ConfigError, match="write --data at the end"):
        main(["verify", "--data", "3f9a"])
