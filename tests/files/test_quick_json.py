"""The fast parser gives exactly what Python's own gives, to the last bit and type, or None."""

import json
import sys

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from Arch.files.quick_json import quick_object

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
assert orjson.__name__ in sys.modules  # orjson is used only if it is imported


@pytest.mark.slow
@given(st.dictionaries(st.text(), VALUES), st.sampled_from([None, 1, 4]))
def test_orjson_gives_what_pythons_parser_gives(document, indent):
    text = json.dumps(document, indent=indent)
    found = quick_object(text.encode())
    assert found is None or repr(found) == repr(json.loads(text))


@pytest.mark.parametrize(
    "number", [2**63 - 1, 2**63, -(2**63) - 1, 2**64, 2**64 + 1, 10**18, 10**19, 10**30, 1 / 3e5, 1e300, -0.0]
)
@pytest.mark.parametrize(
    "text", ['{"a":%s}', '{"a": %s}', '{"a":[%s]}', '{"a": [1,\n%s]}', '{"a":\t-%s}', '{"a":\r%s}']
)
def test_no_whole_number_becomes_a_float(number, text):
    text = text.replace("%s", str(abs(number)))
    assert repr(quick_object(text.encode()) or json.loads(text)) == repr(json.loads(text))


@pytest.mark.parametrize("text", ['{"a": 0.00012345678901234567}', '{"Seed": 123456789012345678}', '{"a": {"b": [1]}}'])
def test_documents_like_those_of_runs_are_parsed_by_orjson(text):
    assert quick_object(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b"3", b"null", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": "\\ud800"}', b'{"a": "\xff"}',
     b'\xef\xbb\xbf{"a": 1}', b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}", b'{"a": 1,}', b'{"a": "b\nc"}'],
)  # fmt: skip
def test_unusual_documents_are_left_to_pythons_parser(content):
    assert quick_object(content) is None


def test_without_the_import_of_orjson_pythons_parser_is_used(monkeypatch):
    monkeypatch.delitem(sys.modules, "orjson")
    assert quick_object(b'{"a": 1}') is None
