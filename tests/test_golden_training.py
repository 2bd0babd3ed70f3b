"""The current version completes the unfinished runs of an old version, in the cache of tests/golden/make_cache.py.

Bits are compared where old files are read, not where something is trained, since processors round differently.
"""

import io
import json

import numpy as np
import pytest

import Arch
from tests.golden.copies import contents, entry_of, fingerprint_of, run_count, run_of
from tests.golden.outputs import TRAIN, then

pytest_plugins = ("tests.golden.fixtures",)


@pytest.mark.parametrize("config", ["plain", "taught", "taught_from_file", "plugin"])
def test_one_more_run_is_trained_beside_the_old_ones_whose_bytes_stay(config, golden, said):
    before = contents(golden / "cache")
    runs = run_count(golden, config)
    code, (row,) = said("-c", f"configs/{config}.json", "--set", f"NumRuns={runs + 1}")
    assert (code, row["Runs"]) == (0, list(range(runs + 1)))
    after = contents(golden / "cache")
    derived = ("Result.json", "Config.json")  # the summary, and the current path of a plugin or weight file
    assert {name: after[name] for name in before if not name.endswith(derived)} == {
        name: content for name, content in before.items() if not name.endswith(derived)
    }
    assert said("verify")[1]["faults"] == []


@pytest.mark.parametrize("config", ["taught", "taught_from_file"])
def test_a_new_student_has_the_old_teacher(config, golden, said):
    runs = run_count(golden, config)
    said("-c", f"configs/{config}.json", "--set", f"NumRuns={runs + 1}")
    old, new = (run_of(golden, config, run) for run in (0, runs))
    made_from = new["Provenance"]["made_from"]["Teacher"]
    known = {key: each for key, each in made_from.items() if key != "digest"}  # which old runs did not record
    assert known == {key: each for key, each in old["Provenance"]["made_from"]["Teacher"].items() if key != "digest"}
    assert new["Scores"]["teacher_accuracy"] == pytest.approx(old["Scores"]["teacher_accuracy"], abs=0.01)


def test_the_plugin_s_loss_is_in_the_new_run_too_and_the_old_run_is_not_stale(golden, said):
    said("-c", "configs/plugin.json", "--set", "NumRuns=2")
    assert "loss/Confidence" in run_of(golden, "plugin", 1)["Epochs"][0]["Train"]
    (standing,) = said("status", fingerprint_of("plugin"))[1]["experiments"]
    assert (standing["state"], standing["outdated"]) == ("done", {})


def test_the_run_in_hand_goes_on_from_its_checkpoint(golden, said):
    folder = entry_of(golden, "in_hand")
    log, state = (folder / "Work/000/log.txt").read_text(encoding="utf-8"), newest_checkpoint(folder / "Work/000")
    code, (row,) = said("-c", "configs/in_hand.json")
    assert (code, row["Runs"]) == (0, [0])
    epochs = run_of(golden, "in_hand", 0)["Epochs"]
    assert [each["Number"] for each in epochs] == list(range(1, 9))
    assert [(each["Train"], each["Test"], each["Seconds"]) for each in epochs[:3]] == [
        (each["train"], each["test"], each["seconds"]) for each in state["epochs"]
    ]
    continued = (folder / "Runs/000/log.txt").read_text(encoding="utf-8")
    assert continued.startswith(log)
    assert "attempt 2" in continued
    assert "resumes" in continued
    assert "epoch 3/" not in continued[len(log) :]
    assert "epoch 4/" in continued[len(log) :]


def newest_checkpoint(folder):
    """Returns the state in the newer checkpoint: a line of JSON with its step, then what torch saved."""
    import torch  # the tests that only look do without

    parts = [path.read_bytes().partition(b"\n") for path in folder.glob("checkpoint-?")]
    _, _, payload = max(parts, key=lambda part: json.loads(part[0])["Place"])
    return torch.load(io.BytesIO(payload), weights_only=True)


def test_the_old_weights_are_loaded_bit_for_bit(golden):
    from safetensors.numpy import load_file

    experiment = Arch.run(golden / "configs/taught.json", cache=golden / "cache", device="cpu")
    stored = load_file(experiment.path / "Runs/001/Last.safetensors")
    loaded = [each.detach().numpy() for each in experiment.model(run=1).parameters()]
    assert sorted(each.tobytes() for each in loaded) == sorted(each.tobytes() for each in stored.values())


def write_halves(golden):
    """Writes the data that the old version did not find: vectors of two classes."""
    labels = np.arange(16) % 2
    samples = np.where(labels[:, None] == 1, 1.0, -1.0).astype(np.float32).repeat(3, axis=1)
    np.savez(golden / "halves.npz", x_train=samples, y_train=labels, x_test=samples, y_test=labels)


def test_what_failed_is_made_once_its_data_are_there(golden, said):
    write_halves(golden)
    code, (row,) = said("-c", "configs/without_data.json", "--data", "data")
    assert (code, row["Runs"]) == (0, [0])
    assert not (entry_of(golden, "without_data") / "Work").exists()


def test_what_failed_may_fail_again_as_the_second_attempt(golden, said):
    assert said("-c", "configs/diverging.json")[0] == 1
    (standing,) = said("status", "configs/diverging.json")[1]["experiments"]
    failure = standing["attempts"][0]["failure"]
    assert (failure["attempt"], failure["error"]) == (2, "NonFiniteLossError")


@pytest.mark.slow
def test_retry_makes_what_failed_and_leaves_the_rest_alone(golden, program):
    write_halves(golden)
    before = contents(entry_of(golden, "in_hand"))
    done = program("main.py", "retry", "configs/without_data.json", "configs/in_hand.json", *TRAIN, "--data", "data")
    assert (done.returncode, done.stderr) == (0, "")
    assert (entry_of(golden, "without_data") / "Runs/000/manifest.json").exists()
    assert contents(entry_of(golden, "in_hand")) == before


@pytest.mark.slow
def test_a_sweep_over_all_configs_makes_what_is_missing_and_tells_what_failed(golden, program):
    done = program("main.py", "-e", "configs", *TRAIN, "--workers", "1")
    assert done.returncode == 1
    assert "the loss of run 0 was not finite" in done.stderr
    assert (entry_of(golden, "in_hand") / "Runs/000/manifest.json").exists()
    assert [each["state"] for each in then("status")["experiments"]].count("done") + 1 == done.stdout.count('"Label"')
