"""Figures of the cache: each shows the experiments that have what it needs, and no error hides another figure."""

import dataclasses
import json

import pytest

from Arch.cli.plotfigs import main as plot
from Arch.errors import ArchError
from Arch.figures import writer
from Arch.planning.workspace import Workspace
from Arch.types import Epoch, Run

EPOCHS = (Epoch(1, {"loss": 0.5, "accuracy": 0.5}, {"accuracy": 0.5}, {}, 0.1, 1.0),)
USUAL = (EPOCHS, {"accuracy": 0.5})
SCORES_ALONE = ((), {"accuracy": 0.5})
NORMS = ((), {"mean_norm": 1.25})
OF_TRAININGS = ["accuracy-bars", "training-curves"]


@pytest.fixture
def plotted(tmp_path, monkeypatch, capsys):
    """Caches a run for each pair of epochs and scores, draws, and gives exit code, names of files, and lines."""
    monkeypatch.chdir(tmp_path)

    def plotted(*outcomes, words=()):
        workspace = Workspace.at(tmp_path / "cache")
        for seed, (epochs, scores) in enumerate(outcomes):
            config = workspace.resolver.resolve({"Dataset": "Synthetic", "Model": "MLP", "Seed": seed})
            entry = workspace.store.entry(config)
            entry.open(config)
            with entry.write_run(0) as writer:
                writer.commit(Run(0, seed, epochs, scores, 1.0, {"versions": dict(config.versions)}))
        names = [] if {*OF_TRAININGS} & {*words} else OF_TRAININGS
        code = plot([*names, *words, "--cache", "cache"])
        output = capsys.readouterr()
        return code, {line.removeprefix("figures/") for line in output.out.split()}, output.err.splitlines()

    return plotted


def files(*names):
    return {f"{name}.{ending}" for name in names for ending in ("png", "pdf")}


def test_characters_without_a_glyph_are_told_once_for_all_figures(plotted, monkeypatch):
    draw = writer.draw
    monkeypatch.setattr(
        writer, "draw", lambda *words, asked: dataclasses.replace(draw(*words, asked=asked), boxes="中")
    )
    code, drawn, said = plotted(USUAL)
    assert (code, drawn, len(said)) == (0, files(*OF_TRAININGS), 1)
    assert said[0].startswith("note: drawn as boxes, since no installed font has them: 中 ")
    assert plotted(USUAL, words=["--quiet"])[2] == []


@pytest.fixture
def failing(monkeypatch):
    """Makes the first figure, accuracy-bars, fail with an error."""
    draw = writer.draw

    def failing(problem):
        def drawn(name, *rest, **more):
            if name == "accuracy-bars":
                raise problem
            return draw(name, *rest, **more)

        monkeypatch.setattr(writer, "draw", drawn)

    return failing


def test_experiments_that_a_figure_cannot_show_are_left_out_and_named(plotted):
    code, drawn, lines = plotted(USUAL, SCORES_ALONE, NORMS)
    assert (code, drawn) == (0, files("accuracy-bars", "training-curves"))
    assert sorted(lines) == [
        "note: accuracy-bars leaves out MLP, Seed=2: no run has an accuracy",
        "note: training-curves leaves out MLP, Seed=1: no run has epochs with a loss or an accuracy",
        "note: training-curves leaves out MLP, Seed=2: no run has epochs with a loss or an accuracy",
    ]


def test_a_figure_that_suits_no_experiment_is_named(plotted):
    code, drawn, lines = plotted(SCORES_ALONE)
    assert (code, drawn) == (0, files("accuracy-bars"))
    assert lines == ["note: training-curves is not drawn: no run has epochs with a loss or an accuracy"]


def test_quiet_prints_no_notes_on_left_out_experiments(plotted):
    assert plotted(USUAL, NORMS, words=["--quiet"])[2] == []


def test_drawing_nothing_exits_with_2(plotted):
    code, drawn, lines = plotted(NORMS)
    assert (code, drawn, len(lines)) == (2, set(), 2)
    assert all(line.startswith("error: ") for line in lines)


def test_one_figure_that_suits_no_experiment_is_named(plotted):
    code, drawn, lines = plotted(NORMS, words=["accuracy-bars"])
    assert (code, drawn) == (2, set())
    assert lines == ["error: accuracy-bars is not drawn: no run has an accuracy"]


def test_the_error_of_the_only_figure_is_raised(plotted, failing):
    failing(ArchError("no room"))
    with pytest.raises(ArchError, match="no room"):
        plotted(USUAL, words=["accuracy-bars"])


def test_an_error_in_a_figure_hides_no_other(plotted, failing):
    failing(ArchError("no room"))
    code, drawn, lines = plotted(USUAL)
    assert (code, drawn) == (1, files("training-curves"))
    assert lines == ["error: accuracy-bars is not drawn: no room"]


def test_a_fault_of_the_program_is_raised_after_the_other_figures(plotted, failing, tmp_path):
    failing(ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError, match="a bug"):
        plotted(USUAL)
    assert {path.name for path in (tmp_path / "figures").iterdir()} == files("training-curves")


def test_damaged_epochs_are_an_error_that_hides_no_other_experiment(plotted, tmp_path):
    plotted(USUAL, USUAL)
    damaged, _ = sorted((tmp_path / "cache").glob("*/Runs/000/Run.json"))
    document = json.loads(damaged.read_text())
    damaged.write_text(json.dumps({**document, "Epochs": 7}))
    code, drawn, lines = plotted(words=["training-curves"])
    assert (code, drawn) == (1, files("training-curves"))
    assert lines[0].startswith("error: training-curves leaves out MLP, Seed=")
