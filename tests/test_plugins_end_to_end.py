"""The plugin of docs/plugins.md from training to the report: recorded, stale, missing."""

import hashlib
import json
import re

import pytest

import Arch
from Arch.cache.attempts.attempt import State
from Arch.cli.main import main
from Arch.cli.plotfigs import main as plot
from Arch.errors import NotImplementedYetError
from Arch.models import MODELS
from Arch.planning.overview import overviews
from Arch.planning.workspace import Workspace
from tests.plugin_page import TAUGHT, TEACHING, TINY, changed, shown, trained


def test_the_network_data_and_loss_of_the_page_train(page):
    done = Arch.run(page / "my_config.json", cache=page / "cache", data=page / "data", device="cpu")
    assert any("Confidence" in name for name in done.runs()[0].epochs[0].train)
    assert [tuple(each.shape) for each in done.model().parameters()] == [(8, 16), (8,), (2, 8), (2,)]


def test_a_run_records_the_digests_of_both_files(page):
    paths = page / "my_file.py", page / "my_file.cjson"
    code, rules = (hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)
    record = {"Path": str(paths[0]), "Sha256": code, "RulesSha256": rules}
    done = trained(page)
    assert done.runs()[0].provenance["plugins"] == [record]
    assert done.entry.document()["Plugins"] == [record]


def test_the_names_of_a_plugin_are_unknown_to_configs_without_it(page):
    trained(page)
    assert "MyNet" in MODELS
    plain = {"Dataset": "Synthetic", "SyntheticSamples": 8, "BatchSize": 4, "NumEpochs": 1, "Model": "MLP"}
    Arch.run({**plain, "MLPWidths": [2]}, cache=page / "cache", device="cpu")
    assert "MyNet" not in MODELS


def test_a_teacher_of_a_plugin_is_trained_first_and_found_by_fingerprint(page):
    student = trained(page, VanillaKD=True, Teacher="MyNet", MyNetWidth=4, Confidence=True)
    teacher = student.config.references["Teacher"]
    assert dict(teacher.named) == {**TINY, "Model": "MyNet", "MyNetWidth": 4}
    again = Workspace.at(page / "cache").cached(student.config.fingerprint)
    assert again.references["Teacher"].fingerprint == teacher.fingerprint
    assert again.plugins.keys() == student.config.plugins.keys()


@pytest.mark.slow
def test_workers_of_a_sweep_find_the_plugin_from_any_directory(page, program):
    (page / "configs").mkdir()
    for width in (2, 3):
        raw = {"Plugins": ["../my_file.py"], **TINY, "Model": "MyNet", "MyNetWidth": width}
        (page / "configs" / f"{width}.json").write_text(json.dumps(raw))
    done = program("main.py", "-e", "configs", "--cache", "cache", "--json", "--quiet", "--device", "cpu", cwd=page)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(row["Active"]["MyNetWidth"] for row in json.loads(done.stdout)) == [2, 3]


def test_a_changed_file_makes_runs_stale_and_adding_runs_warns(page, capsys):
    trained(page)
    changed(page, "One hidden layer", "A hidden layer")
    (overview,) = overviews(Workspace.at(page / "cache"), [])
    assert overview.status.state is State.STALE
    assert list(overview.status.outdated) == ["my_file.py"]
    (page / "one.json").write_text(json.dumps({"Plugins": ["my_file.py"], **TINY, "Model": "MyNet"}))
    words = ["-c", "one.json", "--cache", "cache", "--device", "cpu"]
    assert main([*words, "--set", "NumRuns=2"]) == 0
    assert "made before a change of my_file.py, and still valid" in capsys.readouterr().err
    digests = [
        run.provenance["plugins"][0]["Sha256"] for run in Workspace.at("cache").store.entry(trained(page).config).runs()
    ]
    assert len(set(digests)) == 2


def test_an_equivalent_change_of_the_cjson_makes_nothing_stale(page):
    trained(page)
    changed(page, "Units of the hidden layer.", "Units.", "my_file.cjson")
    assert [each.status.state for each in overviews(Workspace.at(page / "cache"), [])] == [State.DONE]


def test_the_path_of_a_moved_file_is_recorded_at_the_next_training(page):
    first = trained(page)
    (page / "there").mkdir()
    for name in ("my_file.py", "my_file.cjson"):
        (page / name).rename(page / "there" / name)
    second = trained(page / "there" / "..", Plugins=[str(page / "there/my_file.py")], NumRuns=2)
    assert second.fingerprint == first.fingerprint
    assert second.entry.document()["Plugins"][0]["Path"] == str(page / "there/my_file.py")


def test_experiments_of_a_missing_file_are_shown_and_drawn_but_not_trained(page, capsys):
    done = trained(page, MyNetWidth=4)
    (page / "my_file.py").unlink()
    name = done.fingerprint[:8]
    for words in (["status"], ["ls"], ["show", name], ["export"], ["tail", name], ["explain", name], ["show"]):
        assert main([*words, "--cache", "cache"]) == 0
    assert re.search(r"in the name \(6\)\n(.*\n)+  MyNetWidth +4 +of a plugin", capsys.readouterr().out)
    assert plot(["accuracy-bars", name, "--cache", "cache"]) == 0
    config = Workspace.at(page / "cache").cached(name)
    assert (config.fingerprint, config["MyNetWidth"]) == (done.fingerprint, 4)
    with pytest.raises(NotImplementedYetError, match=r"MyNet on Stripes .*my_file\.py: no such file\."):
        config.require_implemented()


def test_a_figure_of_a_plugin_is_drawn_without_torch(page, program):
    trained(page)
    done = program("Plotfigs.py", "seconds", "--plugin", "my_figures.py", "--cache", "cache", cwd=page, check=True)
    assert done.stdout.split() == ["figures/seconds.png", "figures/seconds.pdf"]
    listed = program("main.py", "names", "figures", "--plugin", "my_figures.py", cwd=page, check=True)
    assert "Seconds that the runs of each experiment took." in listed.stdout
    assert "torch" not in shown()["my_figures.py"]


def test_the_verbs_know_the_names_of_a_plugin(page, capsys):
    grid = ["grid", "my_config.json", "MyNetWidth=4,8", "--to", "grid", "--cache", "cache", "--quiet"]
    names = ["names", "methods", "-c", "my_config.json"], ["names", "keys", "MyNetWidth", "--plugin", "my_file.py"]
    diff = ["diff", "my_config.json", "grid/MyNetWidth=4.json"]
    for words in (grid, ["plan", "grid", "--cache", "cache"], ["explain", "my_config.json"], *names, diff):
        assert main(words) == 0
    shown_text = capsys.readouterr().out
    assert "Units of the hidden layer. [int, default 8, counts when Model:MyNet]" in shown_text
    assert "beyond `margin` nats" in shown_text
    assert "2 runs to train" in shown_text
    assert re.search(r"^MyNetWidth +8 +4$", shown_text, re.MULTILINE)


def test_the_layers_of_a_network_of_a_plugin_are_shown(page, capsys):
    assert main(["names", "models", "MyNet", "--plugin", "my_file.py", "--dataset", "Digits"]) == 0
    assert re.search(r"^ +head +10 +90$", capsys.readouterr().out, re.MULTILINE)  # 8 weights and a bias for each class


def test_a_plugin_may_have_a_loss_with_a_teacher_and_a_family(page):
    (page / "more.py").write_text(TEACHING)
    (page / "more.cjson").write_text(json.dumps(TAUGHT))
    files = [str(page / name) for name in ("my_file.py", "more.py")]
    done = trained(page, Plugins=files, Square=True, Teacher="mine/3", Model="mine/2", UseCELoss=False)
    assert next(tuple(each.shape) for each in done.model().parameters()) == (2, 16)
    assert dict(done.config.references["Teacher"].named) == {**TINY, "Model": "mine/3"}
    assert "teacher_accuracy" in done.runs()[0].scores
