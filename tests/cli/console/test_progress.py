"""The progress of a run in lines and as a bar; no epoch, loss or accuracy is needed."""

import sys

import pytest

from Arch.cli.console.progress import BarWatcher, LineWatcher
from Arch.escaping import escaping
from Arch.types import Epoch

USUAL = Epoch(3, {"loss": 0.5, "loss/kd": 0.2, "accuracy": 0.75}, {"accuracy": 0.625, "nll": 1.0}, {}, 0.1, 2.0)
SCORELESS = Epoch(3, {"norm": 1.25, "other": 2.0}, {}, {}, 0.1, 2.0)


@pytest.fixture
def said(capsys):
    def said():
        return capsys.readouterr().err.splitlines()

    return said


def test_a_line_has_the_loss_and_the_headline_of_each_split(said):
    watcher = LineWatcher()
    watcher.run_started("MLP on Digits", 0, 12, 40)
    watcher.epoch_done(USUAL)
    watcher.run_finished({"nll": 1.0, "accuracy": 0.625}, 31.25)
    assert said() == [
        "MLP on Digits, run 0: 12 epochs of 40 steps",
        "  epoch   3/12  train loss 0.5, train accuracy 75.00 %, test accuracy 62.50 %  2.0 s",
        "  finished, accuracy 62.50 %, 31.2 s",
    ]


def test_a_run_without_accuracy_loss_or_epochs_has_lines(said):
    watcher = LineWatcher()
    watcher.run_started("Norms of MLP", 0, 0, 40)
    watcher.epoch_done(SCORELESS)
    watcher.run_finished({"mean_norm": 1.25, "spread": 2.0}, 3.0)
    assert said() == [
        "Norms of MLP, run 0: 40 steps",
        "  epoch   3/0  train norm 1.25  2.0 s",
        "  finished, mean_norm 1.25, 3.0 s",
    ]


@pytest.mark.parametrize("scores", [{}, {"mean_norm": 1.25}])
@pytest.mark.parametrize("epochs", [0, 2])
def test_a_bar_needs_no_accuracy_and_no_epochs(scores, epochs, said):
    watcher = BarWatcher()
    watcher.run_started("Norms of MLP", 0, epochs, 1)
    watcher.run_resumed(0)
    watcher.step_done()
    watcher.epoch_done(SCORELESS)
    watcher.run_finished(scores, 3.0)
    shown = ", mean_norm 1.25" if scores else ""
    assert said()[-1].endswith(f"Norms of MLP, run 0: finished{shown}, 3.0 s")


@pytest.mark.parametrize("watcher", [LineWatcher, BarWatcher])
def test_a_title_acts_on_no_terminal_and_breaks_no_line(watcher, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stderr", escaping(sys.stderr))
    shown = watcher()
    shown.run_started("a\x1b[2J\n\u202e", 0, 1, 1)
    shown.step_done()
    shown.epoch_done(Epoch(1, {"loss\x1b": 1.0, "accuracy": 0.5}, {}, {}, 0.1, 1.0))
    shown.run_finished({"accuracy": 0.5}, 1.0)
    written = capsys.readouterr().err
    assert r"a\x1b[2J\n\u202e, run 0" in written
    assert not {"\x1b", "\u202e"} & set(written)
