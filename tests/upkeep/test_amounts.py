"""Sizes and ages, read and written."""

import pytest

from Arch.errors import ConfigError
from Arch.upkeep.amounts import age_text, bytes_of, seconds_of, size_text


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("512", 512), ("3B", 3), ("1k", 1024), ("500M", 500 * 1024**2), ("1.5G", 3 * 2**29), ("2 TiB", 2**41)],
)
def test_a_size_is_a_number_and_a_power_of_1024(text, size):
    assert bytes_of(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("12h", 43200), ("1.5d", 129600), ("2w", 1209600)]
)
def test_an_age_is_a_number_and_a_unit_of_time(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "G", "-1G", "1X", "1e3", "1,5G", "1IB", "1BB", "nan"])
def test_what_is_no_size_is_refused_with_examples(text):
    with pytest.raises(ConfigError) as refusal:
        bytes_of(text)
    assert str(refusal.value) == f"expected a size such as 500M or 1.5G (units: K, M, G, T), got {text!r}."


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "30D", "1y"])
def test_what_is_no_age_is_refused_with_examples(text):
    with pytest.raises(ConfigError) as refusal:
        seconds_of(text)
    assert str(refusal.value) == f"expected an age such as 12h, 30d or 2w (units: s, m, h, d, w), got {text!r}."


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (10 * 1024, "10 KB"), (3 * 2**29, "1.5 GB"), (2**52, "4096 TB")],
)
def test_a_size_reads_in_its_largest_unit(size, text):
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-3, "0s"), (59.9, "59s"), (60, "1m"), (3599, "59m"), (86399, "23h"), (86400 * 3.9, "3d")]
)
def test_an_age_reads_in_its_largest_whole_unit(seconds, text):
    assert age_text(seconds) == text
