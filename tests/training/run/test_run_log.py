"""Oracle: the files of the work folder."""

import dataclasses
import errno
import logging
import os
import re
import warnings

import pytest

from Arch.cache.attempts.progress import Progress
from Arch.callbacks import Requests, SilentWatcher
from Arch.errors import NonFiniteLossError, StoppedError
from Arch.files import system_calls
from Arch.training.run.run_log import RunLog, epoch_line, open_run_log
from Arch.types import Epoch

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  "


@pytest.fixture
def work(trainer):
    training = trainer()
    training.entry.open(training.config)
    return training.entry.work(0)


def refuse(monkeypatch):
    def step(verb, path, function, *arguments):
        if verb == "write":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return function(*arguments)

    monkeypatch.setattr(system_calls, "_step", step)


def test_lines_are_appended_with_their_time(work):
    RunLog(work).write("one")
    RunLog(work).write("two")
    assert re.fullmatch(f"{TIME}one\n{TIME}two\n", work.log.read_text())


def test_controls_in_a_line_are_escaped(work):
    RunLog(work).write("a\x1b[2J\r\ud800\n\tb")
    assert re.fullmatch(TIME + r"a\\x1b\[2J\\r\\ud800\n\tb\n", work.log.read_text())


def test_a_closed_log_writes_nothing(work):
    log = RunLog(work)
    log.close()
    log.write("too late")
    assert not work.folder.exists()


def test_a_full_disk_is_one_warning_and_no_error(work, monkeypatch, caplog):
    log = RunLog(work)
    with monkeypatch.context() as broken:
        refuse(broken)
        for _ in range(3):
            log.write("lost")
            log.write_progress(Progress(1, 2, 3, 4, 5.0, ""))
    assert len(caplog.records) == 1
    assert "The run continues." in caplog.text
    log.write("kept")
    assert work.log.read_text().endswith("kept\n")


def test_a_warning_of_a_full_disk_is_not_logged_recursively(work, monkeypatch):
    refuse(monkeypatch)
    with open_run_log(work) as log:
        log.write("lost")


def test_all_warnings_reach_the_log_and_their_usual_output(work, caplog):
    shown = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *rest: shown.append(str(message))
        with open_run_log(work):
            logging.getLogger("another").warning("the disk is %s", "slow")
            logging.getLogger("another").info("nothing to keep")
            warnings.warn("the loss is odd", RuntimeWarning, stacklevel=1)
        logging.getLogger("another").warning("afterwards")
    lines = work.log.read_text().splitlines()
    assert [re.sub(TIME, "", line).partition(" (")[0] for line in lines] == [
        "warning: the disk is slow",
        "RuntimeWarning: the loss is odd",
    ]
    assert shown == ["the loss is odd"]
    assert "the disk is slow" in caplog.text


def test_a_warning_without_another_handler_is_still_printed(work, monkeypatch):
    shown = []
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setattr(logging.lastResort, "emit", lambda record: shown.append(record.getMessage()))
    with open_run_log(work):
        logging.getLogger("another").warning("the disk is slow")
    assert shown == ["the disk is slow"]


def test_the_line_of_an_epoch_has_all_its_numbers():
    epoch = Epoch(3, {"loss": 1.5}, {"accuracy": 0.25}, {"accuracy": 0.125}, 0.1, 2.0)
    assert epoch_line(epoch) == "train loss 1.5, validation accuracy 12.50 %, test accuracy 25.00 %, rate 0.1, 2.00 s"


def test_a_run_keeps_the_log_of_all_its_attempts(trainer):
    class Stopping(SilentWatcher):
        requests = Requests()

        def epoch_done(self, epoch):
            self.requests.stop()

    training = trainer(CheckpointInterval=1)
    training.settings = dataclasses.replace(training.settings, watcher=Stopping(), requests=Stopping.requests)
    with pytest.raises(StoppedError):
        training.result()
    trainer().result()
    text = (training.entry.run_folder(0) / "log.txt").read_text()
    lines = re.sub(TIME, "", text).splitlines()
    assert [line.partition(":")[0].partition(" at step")[0] for line in lines] == [
        lines[0],
        "begins",
        "epoch 1/2",
        "checkpoint",
        "StoppedError",
        lines[5],
        "resumes",
        "epoch 2/2",
        "done after " + re.search(r"done after (.*):", text)[1],
    ]
    for attempt, line in ((1, lines[0]), (2, lines[5])):
        assert line.startswith(f"MLP on Synthetic ({training.config.fingerprint}), run 0, attempt {attempt}, on ")


def test_a_failure_has_the_end_of_the_log(trainer):
    training = trainer(LearningRate=1e30, NumEpochs=3)
    with pytest.raises(NonFiniteLossError):
        training.result()
    tail = training.entry.work(0).failure().log
    assert "begins: 3 epochs of 4 steps" in tail
    assert "NonFiniteLossError: the loss of run 0 was not finite" in tail.splitlines()[-1]


def epochs_of(count):
    return [Epoch(number, {"loss": 1 / number}, {}, {}, 0.1, 1.0) for number in range(1, count + 1)]


def test_an_epoch_that_the_disk_refused_is_written_with_the_next_one(work, monkeypatch, caplog):
    log, done = RunLog(work), epochs_of(4)
    log.begin_epochs([])
    log.write_epoch(done[0])
    with monkeypatch.context() as broken:
        refuse(broken)
        log.write_epoch(done[1])
        log.write_epoch(done[2])
    assert (work.epochs(), len(caplog.records)) == ((done[0],), 1)
    log.write_epoch(done[3])
    assert work.epochs() == tuple(done)


def test_a_line_that_the_disk_cut_off_is_replaced(work):
    done = epochs_of(3)
    first = RunLog(work)
    for epoch in done:
        first.write_epoch(epoch)
    path = work.folder / "Epochs.jsonl"
    path.write_bytes(path.read_bytes()[:-9])
    RunLog(work).begin_epochs(done[:1])
    assert work.epochs() == tuple(done[:1])


def test_a_run_without_epochs_has_no_file_of_them(work):
    RunLog(work).begin_epochs([])
    assert not (work.folder / "Epochs.jsonl").exists()
