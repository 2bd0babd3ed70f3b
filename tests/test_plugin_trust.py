"""A cache that somebody else wrote runs no code: only a plugin that a config or `--plugin` names is executed."""

import contextlib
import json

import pytest

import Arch
from Arch.cache.store import Store
from Arch.cli.main import main
from Arch.cli.plotfigs import main as plot
from Arch.errors import NotImplementedYetError, PluginError
from Arch.planning.workspace import Workspace
from tests.plugin_marks import STUDENT, WHERE, edit, forge, forget, write
from tests.plugin_page import TINY, changed, trained

pytest_plugins = ("tests.plugin_fixtures",)


def taught(page, teacher, **keys):
    """Writes a config whose network is taught by a cached experiment, on the page's data."""
    raw = {**TINY, "Dataset": "Stripes", "Model": "MyNet", "VanillaKD": True, "Teacher": teacher, **keys}
    return write(page, "taught.json", raw)


@pytest.mark.parametrize("choice", ["ML*", "Forged"])
def test_a_plugin_in_a_forged_record_is_not_run(choice, page):
    plain = Arch.run(STUDENT, cache=page / "cache", device="cpu")
    edit(page / "cache", plain.fingerprint, Plugins=forge(page, choice, page / "was-run"))
    config = write(page, "mine.json", {**STUDENT, "MLPWidths": [3], "VanillaKD": True, "Teacher": plain.fingerprint})
    assert main(["-c", config, *WHERE, "--quiet"]) == 0
    assert main(["evaluate", plain.fingerprint[:12], *WHERE, "--quiet"]) == 0
    assert not (page / "was-run").exists()


def test_a_teacher_of_a_plugin_needs_its_file_named_and_the_error_has_the_line(page, teacher, marked, capsys):
    keys = {**STUDENT, "Model": "MLP", "VanillaKD": True, "Teacher": teacher}
    assert main(["-c", write(page, "mine.json", keys), *WHERE]) == 1
    line = f'"Plugins": [{json.dumps(str(page / "my_file.py"))}]'
    assert f"add {line} to the config" in capsys.readouterr().err
    assert not marked.exists()


def test_a_config_that_names_the_plugin_learns_from_the_cached_teacher(page, teacher, marked):
    config = taught(page, teacher, Plugins=["my_file.py"], MyNetWidth=3)
    assert main(["-c", config, *WHERE, "--quiet"]) == 0
    assert marked.exists()


def test_a_copy_of_the_file_elsewhere_is_the_same_plugin(page, teacher):
    (page / "there").mkdir()
    for name in ("my_file.py", "my_file.cjson"):
        (page / name).rename(page / "there" / name)
    config = taught(page, teacher, Plugins=["there/my_file.py"], MyNetWidth=3)
    assert main(["-c", config, *WHERE, "--quiet"]) == 0


def test_a_teacher_made_with_another_content_of_the_file_is_refused(page, teacher, marked, capsys):
    changed(page, "One hidden layer", "A hidden layer")
    config = taught(page, teacher, Plugins=["my_file.py"], MyNetWidth=3)
    assert main(["-c", config, *WHERE]) == 1
    assert "made with another content of the plugin my_file.py" in capsys.readouterr().err
    assert not marked.exists()


def test_a_teacher_that_is_named_by_its_config_takes_the_file_as_it_is(page, teacher):
    changed(page, "One hidden layer", "A hidden layer")
    write(page, "teacher.json", {"Plugins": ["my_file.py"], **TINY, "Model": "MyNet"})
    config = taught(page, "teacher.json", Plugins=["my_file.py"], MyNetWidth=3)
    assert main(["-c", config, *WHERE, "--quiet"]) == 0


def test_what_only_looks_runs_no_plugin(page, teacher, marked, capsys):
    words = [
        *(["show"], ["ls"], ["status"], ["export"], ["verify"], ["rehash"], ["prune", "--failed"], ["rm", "--corrupt"]),
        *(["explain", teacher], ["plan", teacher], ["tail", teacher], ["show", "MyNetWidth=8"], ["rm", teacher]),
    ]
    for each in words:
        assert main([*each, "--cache", "cache"]) == 0, each
    assert plot(["accuracy-bars", teacher, "--cache", "cache"]) == 0
    assert "MyNet on Stripes" in capsys.readouterr().out
    assert not marked.exists()


OTHER_DATA = ["--dataset", "Synthetic"] + [
    word
    for key, value in {"Size": 4, "Channels": 1, "Classes": 2, "Samples": 8}.items()
    for word in ("--set", f"Synthetic{key}={value}")
]


@pytest.mark.parametrize("data", [[], OTHER_DATA], ids=["its own data", "other data"])
def test_evaluating_a_fingerprint_needs_the_plugin_on_the_command_line(data, page, teacher, marked, capsys):
    words = ["evaluate", teacher, *data, *WHERE, "--quiet"]
    with contextlib.suppress(PluginError):
        assert main(words) == 1
        assert f"give --plugin {page / 'my_file.py'}" in capsys.readouterr().err
    assert not marked.exists()
    assert main([*words, "--plugin", "my_file.py"]) == 0
    assert marked.exists()


def test_comparing_the_data_of_a_student_runs_no_plugin_of_its_teacher(page, teacher, marked, capsys):
    keys = {"VanillaKD": True, "Teacher": teacher, "StripesSamples": 8, "Dataset": "Stripes", "Model": "MLP"}
    assert main(["-c", write(page, "mine.json", {**TINY, **keys, "Plugins": ["my_file.py"]}), *WHERE, "--quiet"]) == 0
    marked.unlink()
    forget()
    capsys.readouterr()
    assert main(["verify", "--cache", "cache", "--data"]) == 0
    assert not marked.exists()


def test_evaluating_a_config_s_file_takes_the_plugins_that_it_names(page, teacher):
    write(page, "teacher.json", {"Plugins": ["my_file.py"], **TINY, "Model": "MyNet"})
    assert main(["evaluate", "teacher.json", *WHERE, "--quiet"]) == 0


def test_retrying_a_fingerprint_needs_the_plugin_on_the_command_line(page, teacher, marked, capsys):
    changed(page, "-(log_p.exp()", "1 / 0 * -(log_p.exp()")
    with pytest.raises(PluginError, match="ZeroDivisionError"):
        trained(page, Confidence=True)
    changed(page, "1 / 0 * -(log_p.exp()", "-(log_p.exp()")
    marked.unlink()
    forget()
    name = next(each.fingerprint for each in Store(page / "cache").entries() if not each.run_indices())
    assert main(["retry", name, *WHERE]) == 1
    assert f"--plugin {page / 'my_file.py'}" in capsys.readouterr().err
    assert not marked.exists()


@pytest.mark.slow
def test_a_fingerprint_is_retried_with_the_mended_plugin(page, program):
    changed(page, "-(log_p.exp()", "1 / 0 * -(log_p.exp()")
    with pytest.raises(PluginError, match="ZeroDivisionError"):
        trained(page, Confidence=True)
    changed(page, "1 / 0 * -(log_p.exp()", "-(log_p.exp()")
    (entry,) = Store(page / "cache").entries()
    done = program("main.py", "retry", entry.fingerprint, "--plugin", "my_file.py", *WHERE, "--quiet", cwd=page)
    assert (done.returncode, entry.run_indices()) == (0, (0,)), done.stderr


def test_a_network_loaded_from_python_obeys_as_well(page, teacher, marked):
    config = Workspace.at(page / "cache").cached(teacher)
    with pytest.raises(NotImplementedYetError, match="is named by the cache alone"):
        config.require_implemented()
    with pytest.raises(PluginError, match="is named by the cache alone"):
        Arch.experiment.load_model(config, Store(page / "cache").entry(config), 0, "Last")
    assert not marked.exists()
