"""Sizes, durations and timestamps are parsed and formatted."""

import time

import pytest

from Arch.errors import ConfigError
from Arch.types import Epoch
from Arch.units import (
    age_text,
    bytes_of,
    duration_text,
    epoch_text,
    score_text,
    seconds_at,
    seconds_of,
    size_text,
    utc_now,
)

MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("512", 512), ("3B", 3), ("1k", 1024), ("500M", 500 * 1024**2), ("1.5G", 3 * 2**29), ("2 TiB", 2**41)],
)
def test_a_size_is_a_number_and_a_power_of_1024(text, size):
    assert bytes_of(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("12h", 43200), ("1.5d", 129600), ("2w", 1209600)]
)
def test_a_duration_is_a_number_and_a_unit_of_time(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "G", "-1G", "1X", "1e3", "1,5G", "1IB", "1BB", "nan"])
def test_an_invalid_size_is_refused_with_examples(text):
    with pytest.raises(ConfigError) as refusal:
        bytes_of(text)
    assert str(refusal.value) == f"expected a size such as 500M or 1.5G (units: K, M, G, T), got {text!r}."


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "30D", "1y"])
def test_an_invalid_duration_is_refused_with_examples(text):
    with pytest.raises(ConfigError) as refusal:
        seconds_of(text)
    assert (
        str(refusal.value) == f"expected a span of time such as 90s, 12h or 30d (units: s, m, h, d, w), got {text!r}."
    )


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (10 * 1024, "10 KB"), (3 * 2**29, "1.5 GB"), (2**52, "4096 TB")],
)
def test_a_size_is_formatted_in_its_largest_unit(size, text):
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-3, "0s"), (59.9, "59s"), (60, "1m"), (3599, "59m"), (86399, "23h"), (86400 * 3.9, "3d")]
)
def test_an_age_is_formatted_in_its_largest_whole_unit(seconds, text):
    assert age_text(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (3 * MINUTE + 20, "3 min 20 s"),
        (HOUR - 0.4, "1 h"),
        (2 * HOUR + 5 * MINUTE + 59, "2 h 5 min"),
        (DAY - 1, "23 h 59 min"),
        (4 * DAY + 6 * HOUR + 59 * MINUTE, "4 d 6 h"),
    ],
)
def test_a_duration_is_formatted_in_its_two_largest_units(seconds, text):
    assert duration_text(seconds) == text


def test_timestamps_are_parsed_as_they_are_formatted():
    # date -u -d 2026-01-31T12:00:00Z +%s
    assert seconds_at("2026-01-31T12:00:00Z") == 1769860800
    assert seconds_at("") == 0.0
    assert abs(seconds_at(utc_now()) - time.time()) < 5


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("accuracy", 0.985, "accuracy 98.50 %"),
        ("best_accuracy", 1.0, "best_accuracy 100.00 %"),
        ("agreement", 0.25, "agreement 25.00 %"),
        ("loss", 0.785123, "loss 0.78512"),
        ("mean_norm", 1.25, "mean_norm 1.25"),
        ("nll", float("inf"), "nll inf"),
    ],
)
def test_accuracies_and_agreements_are_shown_in_percent(name, value, text):
    assert score_text(name, value) == text


def test_an_epoch_is_a_line_of_the_splits_that_it_has():
    epoch = Epoch(1, {"loss": 0.5}, {"accuracy": 0.75, "nll": 2.0}, {}, 0.1, 1.0)
    assert epoch_text(epoch) == "train loss 0.5, test accuracy 75.00 %, test nll 2"
    assert epoch_text(Epoch(1, {}, {}, {}, 0.1, 1.0)) == ""
