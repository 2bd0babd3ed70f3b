"""Selecting and following a log; the oracle is the written text."""

import json
import shutil

import pytest

from Arch import files
from Arch.errors import CacheError
from Arch.report.epoch_lines import EpochLines
from Arch.report.logs import Log
from Arch.types import Epoch
from tests.cached_runs import TEACHER


def test_the_last_lines_of_the_last_finished_run_are_shown(commit):
    commit(TEACHER, 0)
    entry = commit(TEACHER, 1)
    log = Log.of(entry)
    assert (log.run, log.tail(2), log.tail(0)) == (1, "line 18\nline 19\n", "")
    assert log.tail(1000).count("\n") == 20


def test_an_active_run_precedes_later_attempts_and_these_finished_runs(commit, attempt):
    entry = commit(TEACHER, 3)
    attempt(TEACHER, 2, end="stopped")
    assert Log.of(entry).run == 2
    running = attempt(TEACHER, 1)
    assert (Log.of(entry).run, Log.of(entry).is_growing) == (1, True)
    assert Log.of(entry, 3).tail(1) == "line 19\n"
    running.end("stopped")
    assert not Log.of(entry).is_growing


def test_a_missing_log_is_an_error(opened, commit):
    with pytest.raises(CacheError, match=r"there is no log in .*`status` shows"):
        Log.of(opened(TEACHER))
    with pytest.raises(CacheError, match="there is no log of run 4 in"):
        Log.of(commit(TEACHER), 4)


def test_following_gives_every_line_once_until_the_run_ends(attempt):
    lease = attempt(TEACHER)
    work, steps = lease.entry.work(0), iter(range(3))

    def pause(seconds):
        number = next(steps)
        work.write_log(f"epoch {number}")
        if number == 2:
            lease.end("stopped")

    pieces = list(Log.of(lease.entry).follow(10, pause))
    assert "".join(pieces) == "a beginning\nepoch 0\nepoch 1\nepoch 2\n"
    assert len(pieces) == 4


def test_following_continues_through_the_commit(attempt):
    lease = attempt(TEACHER)
    folder = lease.entry.path / "Runs" / "000"

    def pause(seconds):
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}")
        files.write_synced(folder / "log.txt", "a beginning\nthe end\n")
        shutil.rmtree(lease.entry.work(0).folder)

    assert "".join(Log.of(lease.entry).follow(10, pause)) == "a beginning\nthe end\n"
    lease.end("stopped")


def test_following_a_run_that_has_ended_ends(commit):
    assert "".join(Log.of(commit(TEACHER)).follow(1)) == "line 19\n"


def epoch(number, loss):
    return Epoch(number, {"loss": loss}, {}, {}, 0.1, 1.0)


def numbers_and_losses(text):
    return [(each["Number"], each["Train"]["loss"]) for each in map(json.loads, text.splitlines())]


def test_the_epochs_of_a_finished_run_are_those_of_its_record(commit):
    lines = EpochLines.of(commit(TEACHER))
    assert numbers_and_losses(lines.tail(9)) == [(1, 1.0), (2, 0.5)]
    assert numbers_and_losses(lines.tail(1)) == [(2, 0.5)]


def test_a_missing_record_of_epochs_is_an_error(opened):
    with pytest.raises(CacheError, match=r"there is no record of epochs in .*`status` shows"):
        EpochLines.of(opened(TEACHER))


def test_following_epochs_gives_each_once_though_a_resumed_run_repeats_some(attempt):
    lease = attempt(TEACHER)
    work = lease.entry.work(0)
    work.rewrite_epochs([epoch(1, 0.5), epoch(2, 0.25)])
    steps = iter(
        [
            lambda: work.rewrite_epochs([epoch(1, 0.5)]),
            lambda: work.append_epoch(epoch(2, 0.25)),
            lambda: work.append_epoch(epoch(3, 0.125)),
            lambda: lease.end("stopped"),
        ]
    )
    pieces = list(EpochLines.of(lease.entry).follow(1, lambda _: next(steps)()))
    assert numbers_and_losses("".join(pieces)) == [(2, 0.25), (3, 0.125)]


def test_of_a_huge_log_only_the_end_is_read(commit):
    entry = commit(TEACHER)
    path = entry.run_folder(0) / "log.txt"
    with path.open("ab") as log:
        log.truncate(1 << 40)  # sparse: reading it would take all memory
        log.seek(0, 2)
        log.write(b"\nthe last line\n")
    assert Log.of(entry).tail(1) == "the last line\n"
    assert len(Log.of(entry).tail(3)) < 1 << 25


def test_lines_longer_than_a_piece_are_shown_whole(commit):
    entry = commit(TEACHER)
    long = "\u00e9" * 200_000
    (entry.run_folder(0) / "log.txt").write_text(f"first\n{long}\nlast\n", encoding="utf-8")
    assert Log.of(entry).tail(2) == f"{long}\nlast\n"
    assert "".join(Log.of(entry).follow(3)) == f"first\n{long}\nlast\n"
