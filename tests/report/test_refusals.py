"""Oracle: lines written by hand for a few experiments."""

from Arch.errors import ChangedDefaultError, CorruptEntryError, why
from Arch.report.refusals import MOST, left_out, ways_out


def changed(number, remedy="made under another default. Do this."):
    name = f"{number:032x}"
    return ChangedDefaultError(
        f"cache/{name} was made under another default: A was 1. Do this.",
        fingerprint=name,
        difference="A was 1",
        ways_out=remedy,
    )


def test_a_single_changed_default_is_told_in_full():
    error = changed(7)
    assert left_out([error]) == [f"error: left out: {error}"]


def test_several_have_a_line_each_and_the_remedy_once():
    assert left_out([changed(0xA << 124), CorruptEntryError("torn."), changed(0xB << 124)]) == [
        "error: left out: torn.",
        "error: left out: a00000000000: A was 1.",
        "error: left out: b00000000000: A was 1.",
        "2 experiments were made under another default. Do this.",
    ]


def test_many_are_counted():
    lines = left_out([changed(number) for number in range(500)])
    assert len(lines) == MOST + 2
    assert lines[-2:] == [
        "... and 480 more; `main.py status` shows them all",
        "500 experiments were made under another default. Do this.",
    ]


def test_different_remedies_are_told_each():
    errors = [changed(1), changed(2, "named under other rules. Do that."), None, CorruptEntryError("torn.")]
    assert ways_out(errors) == [
        "1 experiment was made under another default. Do this.",
        "1 experiment was named under other rules. Do that.",
    ]


def test_other_errors_are_given_in_full():
    assert why(CorruptEntryError("torn. Restore it.")) == "torn. Restore it."
