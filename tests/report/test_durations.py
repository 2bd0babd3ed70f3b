"""Spans of time are said in their two largest units."""

import pytest

from Arch.report.durations import duration_text

MINUTE, HOUR, DAY = 60, 3600, 86400


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
def test_a_span_is_said_in_its_two_largest_units(seconds, text):
    assert duration_text(seconds) == text
