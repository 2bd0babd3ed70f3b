"""Oracle: the record that was written, and times that are computed by hand."""

import json
from dataclasses import replace

import pytest

from Arch.cache.attempts.progress import Progress, read, save
from Arch.cache.layout import PROGRESS

REACHED = Progress(3, 10, 30, 100, 60.0, "2025-01-31T12:00:00Z", {"loss": 0.5})


@pytest.mark.parametrize("reached", [REACHED, replace(REACHED, left=200.5)])
def test_a_record_is_read_as_it_was_written(reached, tmp_path):
    save(tmp_path, reached)
    assert read(tmp_path) == reached


def test_what_the_run_estimates_itself_goes_before_its_mean_speed():
    assert REACHED.seconds_left == pytest.approx(140.0)
    assert replace(REACHED, left=200.5).seconds_left == 200.5
    assert replace(REACHED, step=0).seconds_left is None


def test_a_damaged_estimate_is_no_record(tmp_path):
    save(tmp_path, replace(REACHED, left=1.0))
    document = json.loads((tmp_path / PROGRESS).read_text())
    (tmp_path / PROGRESS).write_text(json.dumps({**document, "SecondsLeft": "soon"}))
    assert read(tmp_path) is None
