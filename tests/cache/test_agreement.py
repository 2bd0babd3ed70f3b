"""A cached experiment is used for a request only if the active values of their common keys agree."""

import os

import pytest

from Arch.errors import CacheError, ChangedDefaultError, CorruptEntryError


def opened(store, config):
    entry = store.entry(config)
    entry.open(config)
    return entry


def test_a_changed_default_is_refused_with_both_values_and_both_remedies(store, make_config):
    entry = opened(store, make_config({"Model": "resnet8", "Temperature": 4.0}))
    with pytest.raises(ChangedDefaultError) as caught:
        entry.check(make_config({"Model": "resnet8", "Temperature": 3.0}))
    name = entry.fingerprint[:12]
    assert str(caught.value) == (
        f"{entry.path} was made under another default: Temperature was 4.0 there and is 3.0 now. There are two ways "
        f"out: `main.py rehash {name} --pin-old --apply` keeps the old runs under the value that they were made with; "
        f"`main.py rm {name} --apply` makes room to train afresh under the new default."
    )


def test_opening_for_other_values_is_refused_as_well(store, make_config):
    entry = opened(store, make_config({"Temperature": 4.0}))
    with pytest.raises(ChangedDefaultError, match=r"Temperature was 4\.0 there and is 3\.0 now"):
        entry.open(make_config({"Temperature": 3.0}))


def test_of_two_processes_that_open_an_entry_at_once_the_first_sets_its_values(store, make_config, disk):
    first, second = make_config({"Temperature": 4.0}), make_config({"Temperature": 3.0})

    def overtake(number, function, arguments):
        if function is os.link:
            disk.forget()
            store.entry(first).open(first)

    disk.breaks = overtake
    with pytest.raises(ChangedDefaultError):
        store.entry(second).open(second)
    assert store.entry(first).document()["Active"] == first.active


def test_every_changed_key_is_named(store, make_config):
    entry = opened(store, make_config({"A": 1, "B": [1, 2], "C": "x"}))
    with pytest.raises(ChangedDefaultError, match=r"A was 1 there and is 2 now; B was \[1, 2\] there and is \[1\] now"):
        entry.check(make_config({"A": 2, "B": [1], "C": "x"}))


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        (1, 1.0),
        (0.0, -0.0),
        ([1, 2], (1, 2)),
        ([[1], {"a": 2}], [(1.0,), {"a": 2}]),
        ("\u00e9", "\u00e9"),
        (None, None),
        ("a\ud800", "a\ud800"),
    ],
)
def test_values_that_a_config_treats_as_equal_are_equal(store, make_config, stored, wanted):
    opened(store, make_config({"Key": stored})).check(make_config({"Key": wanted}))


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [(1, True), (False, 0), ("1", 1), ([1], [True]), ([1, 2], [2, 1]), ([1], [1, 1]), ({"a": 1}, {"b": 1}), (1, None)],
)
def test_values_that_a_config_treats_as_different_differ(store, make_config, stored, wanted):
    entry = opened(store, make_config({"Key": stored}))
    with pytest.raises(ChangedDefaultError):
        entry.check(make_config({"Key": wanted}))


def test_one_and_true_differ_in_any_order_of_keys(store, make_config):
    entry = opened(store, make_config({"A": True, "B": 1, "C": [[1]]}))
    entry.check(make_config({"C": [[1]], "B": 1, "A": True}))
    for swapped in ({"B": True, "A": 1, "C": [[1]]}, {"A": True, "B": 1, "C": [[True]]}):
        with pytest.raises(ChangedDefaultError):
            entry.check(make_config(swapped))


def test_a_key_that_the_entry_does_not_know_counts_as_its_default(store, make_config):
    entry = opened(store, make_config({"Model": "resnet8"}))
    entry.check(make_config({"Model": "resnet8", "New": False}, defaults={"New": False}))
    with pytest.raises(ChangedDefaultError, match="New was false there and is true now"):
        entry.check(make_config({"Model": "resnet8", "New": True}, defaults={"New": False}))


def test_a_key_that_is_no_longer_requested_is_ignored(store, make_config):
    opened(store, make_config({"Model": "resnet8", "Retired": 3})).check(make_config({"Model": "resnet8"}))


def test_a_config_is_checked_against_its_own_entry_only(store, make_config):
    entry = opened(store, make_config())
    with pytest.raises(CacheError, match="does not belong to the experiment " + "f" * 32):
        entry.check(make_config(fingerprint="f" * 32))


def test_a_config_without_active_values_is_corrupt(store, make_config):
    entry = opened(store, make_config())
    (entry.path / "Config.json").write_text(f'{{"Fingerprint": "{entry.fingerprint}", "Active": 3}}')
    with pytest.raises(CorruptEntryError, match="expected Active to be an object, found 3"):
        entry.check(make_config())
