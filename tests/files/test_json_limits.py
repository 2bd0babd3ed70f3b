"""Depth and size of numbers in JSON are limited; oracles: literals, `json` without limits."""

import json
import sys

import pytest

from Arch import files
from Arch.errors import CorruptEntryError
from Arch.files.json_limits import is_too_deep


def nested(levels, inside="1"):
    return f'{{"a": {"[" * (levels - 1)}{inside}{"]" * (levels - 1)}}}'.encode()


@pytest.mark.parametrize("inside", ["1", '"["', '"\\"]]"', '{"b": []}'])
def test_a_text_is_too_deep_from_the_101st_level_on(inside):
    more = 2 if inside.startswith("{") else 0
    assert not is_too_deep(nested(100 - more, inside))
    assert is_too_deep(nested(101 - more, inside))


@pytest.mark.parametrize("escape", ["", '\\"'])
def test_brackets_in_strings_hide_no_depth(escape):
    deep = f'["]{escape}", ' * 150 + "1" + f', "[{escape}"]' * 150
    json.loads(deep)
    assert is_too_deep(deep.encode())


def test_many_shallow_members_and_brackets_in_strings_are_no_depth():
    assert not is_too_deep(json.dumps({"Epochs": [{"Number": n, "Train": {}} for n in range(5000)]}).encode())
    assert not is_too_deep(json.dumps({"Title": "[{" * 5000}).encode())


@pytest.mark.parametrize("has_quick_parser", [False, True])
@pytest.mark.parametrize(
    "number", ["1e999", "-1e400", "1" + "0" * 400, "1" + "0" * 5000, str(2**64 + 1), "NaN", "1" + "0" * 400 + ".0"]
)
def test_numbers_that_no_record_has_are_damage(number, has_quick_parser, tmp_path, monkeypatch):
    if not has_quick_parser:
        monkeypatch.delitem(sys.modules, "orjson", raising=False)
    (tmp_path / "a.json").write_text(f'{{"a": [{number}]}}')
    with pytest.raises(CorruptEntryError, match=r"a\.json is damaged or was edited: "):
        files.read_json(tmp_path / "a.json")


@pytest.mark.parametrize("number", ["1e308", "-0.0", "18446744073709551616", "-9223372036854775808", "1e-999"])
def test_numbers_that_records_have_are_read(number, tmp_path):
    (tmp_path / "a.json").write_text(f'{{"a": {number}}}')
    assert repr(files.read_json(tmp_path / "a.json")["a"]) == repr(json.loads(number))


def test_a_deeply_nested_record_is_damage(tmp_path):
    (tmp_path / "a.json").write_bytes(nested(900))
    with pytest.raises(CorruptEntryError, match="nested more than 100 levels"):
        files.read_json(tmp_path / "a.json")
