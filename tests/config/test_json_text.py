"""Strict JSON: refusals of what Python's parser accepts, and line numbers."""

import json
import os
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from Arch.config.json_text import Source, describe, lines, parse_object, read_object
from Arch.errors import ConfigError
from tests.special_files import SPECIAL, time_limit


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "x:1: not valid JSON: the file is empty."),
        (" \n ", "x:2: not valid JSON: the file is empty."),
        ('{"a": 1,\n}', "x:2: not valid JSON: there is a comma before a closing bracket; remove it."),
        ('{"a": [1,\n\n]}', "x:3: not valid JSON: there is a comma before a closing bracket; remove it."),
        ('{"a": 1, // one\n}', "comments are not part of JSON; remove this one."),
        ('{\n# one\n"a": 1}', "x:2: not valid JSON: comments are not part of JSON; remove this one."),
        ('{"a": 1,\n"b": 2,\n"a": 3}', "x:3: 'a' is given twice. Keep one."),
        ('{"é": 1,\n"é": 2}', "x:2: 'é' is given twice. Keep one."),
        ('{"a": {"b": 1,\n"b": 2}}', "x:2: 'b' is given twice. Keep one."),
        ('{"a":\nNaN}', "x:2: expected a finite number, got NaN."),
        ('{"a":\n[-1e999]}', "x:2: expected a finite number, got -1e999, which is too large for a float."),
        ('{"a":\n-Infinity}', "x:2: expected a finite number, got -Infinity."),
        ("[1]", "x: expected a JSON object {...}, got [1]."),
        ('"a"', 'x: expected a JSON object {...}, got "a".'),
        ("{'a': 1}", "x:1: not valid JSON"),
        ('{"a": 1} 2', "x:1: not valid JSON: extra data."),
        ('{"a": ' + "[" * 5000 + "]" * 5000 + "}", "x: nested too deeply to be a config."),
        ('{"a": ' + "9" * 5000 + "}", "x: a number in it has too many digits to be read."),
        ('{"a": "b\nc"}', "x:1: not valid JSON"),
    ],
)
def test_an_invalid_object_is_refused_with_its_line(text, words):
    with pytest.raises(ConfigError) as refusal:
        parse_object(text, "x")
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_may_start_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_object(path)[0] == {"a": 1}


@pytest.mark.parametrize(
    ("content", "words"),
    [(b'{"a": "\xff"}', "expected UTF-8 text, got the byte 0xff."), (b" " * 10_000_001, "a file of more than 10 MB.")],
)
def test_a_file_that_is_no_text_or_far_too_large_is_refused(content, words, tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        read_object(path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no.json", "no.json: no such file."),
        (".", "expected a file, got a folder. To run every config in it, use -e "),
        ("a\0b.json", "a\\x00b.json: no file can have this name."),
        ("a\nb.json", "a\\nb.json: no such file."),
        ("x" * 300 + ".json", "cannot be read: File name too long."),
        ("config.json/x.json", "cannot be read: Not a directory."),
    ],
)
def test_a_path_to_no_file_is_refused_in_one_line(name, words, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ConfigError) as refusal:
        read_object(tmp_path / name)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_every_member_and_element_has_its_line():
    text = '{\n"a": 1,\n"b": {"c": [\n1, {\n"d": "}\\n{"}\n, 2]},\n"e\\u0066":\ntrue\n}'
    assert lines(text) == {
        ("a",): 2,
        ("b",): 3,
        ("b", "c"): 3,
        ("b", "c", 0): 4,
        ("b", "c", 1, "d"): 5,
        ("b", "c", 2): 6,
        ("ef",): 7,
    }


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None, derandomize=True, database=None, max_examples=60)
@given(st.dictionaries(st.text(), JSON_VALUES, max_size=4))
def test_each_member_is_found_on_the_line_on_which_it_is_written(document):
    require_lines(document)


@pytest.mark.slow
@settings(deadline=None, derandomize=True, database=None, max_examples=200)
@given(st.dictionaries(st.text(), JSON_VALUES, max_size=4))
def test_each_member_of_200_documents_is_found_on_its_line(document):
    require_lines(document)


def require_lines(document):
    text = json.dumps(document, indent=0)
    found = lines(text)
    for trail, line in members(document):
        assert text.splitlines()[found[trail] - 1].startswith(line)


def members(value, trail=()):
    """Every member of a document, by its trail, with the start of the line that `json.dumps(indent=0)` gives it."""
    for name, member in value.items() if isinstance(value, dict) else enumerate(value):
        here = (*trail, name)
        if isinstance(value, dict):
            yield here, json.dumps(name) + ": "
        if isinstance(member, (dict, list)):
            yield from members(member, here)


def test_a_source_names_file_line_and_the_experiment_inside():
    source = Source("f.json", '{\n"a": 1,\n"T": {\n"b": 2}}')
    assert source.at() == "f.json: "
    assert source.at("a") == "f.json:2: "
    assert source.inside("T").at("b") == "f.json:4: T: "
    assert source.inside("T").at() == "f.json:3: T: "
    assert Source("--set").at("a") == "--set: "


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("é", '"é"'),
        ("a\nb", '"a\\nb"'),
        ("\ud800", '"\\ud800"'),
        ("\x85\u2028", '"\\x85\\u2028"'),
        (1e999, "Infinity"),
        ({1, 2}, '"{1, 2}"'),
        ({(1, 2): 3}, "a dict"),
        ([0] * 100, "[" + "0, " * 18 + "0,..."),
    ],
)
def test_any_value_is_shown_in_one_short_line(value, shown):
    assert describe(value) == shown


def test_a_value_nested_beyond_the_stack_or_into_itself_is_shown():
    ring = []
    ring.append(ring)
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert describe(ring) == describe(deep) == "a list"


@pytest.mark.parametrize("is_quick", [True, False])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1,\n"b": 2,\n"a": 3}', "a.json:3: 'a' is given twice. Keep one."),
        ('{"a": {"b": 1,\n"b": 2}}', "a.json:2: 'b' is given twice. Keep one."),
        ('{"a": [{"b": 1,\n"b": 2}]}', "a.json:2: 'b' is given twice. Keep one."),
        ('{"a": ":",\n"a": ":"}', "a.json:2: 'a' is given twice. Keep one."),
        ('{"a": NaN}', "a.json:1: expected a finite number, got NaN."),
    ],
)
def test_a_file_read_by_the_fast_parser_is_refused_as_by_the_slow_one(tmp_path, monkeypatch, text, words, is_quick):
    import orjson

    monkeypatch.setitem(sys.modules, "orjson", orjson if is_quick else None)
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ConfigError) as refusal:
        read_object(tmp_path / "a.json")
    assert str(refusal.value) == f"{tmp_path}/{words}"


@pytest.mark.parametrize(
    "text", ['{"a": "b:c", "d:e": 1}', '{"a": {"b": {"c": 1}}}', '{"a": "{", "b": [1.5, true]}', "{}"]
)
def test_the_fast_parser_reads_what_the_slow_one_reads(tmp_path, monkeypatch, text):
    import orjson

    monkeypatch.setitem(sys.modules, "orjson", orjson)
    (tmp_path / "a.json").write_text(text)
    document, source = read_object(tmp_path / "a.json")
    assert (document, source.text, source.label) == (json.loads(text), text, f"{tmp_path}/a.json")


@pytest.mark.parametrize("kind", SPECIAL)
def test_a_config_that_is_no_file_is_named_and_never_waited_for(kind, tmp_path):
    SPECIAL[kind](tmp_path / "a.json")
    with (
        time_limit(),
        pytest.raises(ConfigError, match=rf"^{tmp_path}/a\.json: (it is {kind}|expected a file, got a fo)"),
    ):
        read_object(tmp_path / "a.json")


def test_a_config_from_the_shell_is_read_from_its_pipe():
    reading, writing = os.pipe()
    os.write(writing, b'{"a": 1}')
    os.close(writing)
    with time_limit():
        assert read_object(f"/dev/fd/{reading}")[0] == {"a": 1}
    os.close(reading)


HUGE = {
    "a key twice": f'{{"{"K" * 5_000_000}": 1, "{"K" * 5_000_000}": 2}}',
    "600 levels": f'{{"a": {"[" * 600}{"]" * 600}}}',
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE)
def test_a_message_about_a_huge_text_is_short(text):
    with pytest.raises(ConfigError, match=r"is given twice|nested too deeply") as refusal:
        parse_object(text, "a.json")
    assert len(str(refusal.value)) < 1000
