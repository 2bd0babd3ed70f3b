"""Control characters of others become visible; everything else stays as it is."""

import io
import json
import unicodedata

import pytest

from Arch import errors
from Arch.escaping import EscapingStream, escaped, escaping, printable, unescaped

EVIL = "\x1b]0;title\x07\x1b[2J\r\u202e"
SHOWN = r"\x1b]0;title\x07\x1b[2J\r\u202e"
ACTING = ["\x00", "\x08", "\x0b", "\x1b", "\x7f", "\x80", "\x85", "\x9b", "\u061c", "\u200e", "\u202e", "\u2066"]
ACTING += ["\u2028", "\u2029", "\ud800", "\udcff"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("letter", ACTING, ids=lambda letter: f"{ord(letter):04x}")
def test_what_acts_on_a_terminal_is_written_as_python_writes_it(letter):
    for shown in (printable(f"a{letter}b"), escaped(f"a{letter}b")):
        assert shown.isascii()
        assert shown.isprintable()
        assert json.loads(f'"{shown}"'.replace(r"\x", r"\u00")) == f"a{letter}b"  # JSON as the oracle


def test_a_delete_character_in_json_stays_json():
    assert json.loads(escaped(json.dumps({"\x7f": 1}))) == {"\x7f": 1}


@pytest.mark.parametrize(
    "text", ["", "plain", "é ± 中文 e\u0301", "ideographic\u3000space, no\u00a0break", "👩‍🔬", "क्‍ष", "פה"]
)
def test_text_of_any_script_stays(text):
    assert printable(text) == escaped(text) == text


def test_a_line_has_no_line_ends_and_a_text_keeps_them():
    assert printable("/tmp/é b\tc\n.json") == r"/tmp/é b\tc\n.json"
    assert escaped("a\tb\nc\r\n") == "a\tb\nc\\r\n"


def test_every_control_of_unicode_and_every_mark_of_direction_is_escaped():
    left = {chr(code) for code in range(0x110000) if printable(chr(code)) == chr(code)}
    assert not {letter for letter in left if unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}}
    directions = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert not {letter for letter in left if unicodedata.bidirectional(letter) in directions}


@pytest.mark.parametrize("kind", [errors.ArchError, errors.ConfigError, errors.DiskError, errors.DataError])
def test_the_message_of_an_error_is_escaped_wherever_it_is_printed(kind):
    assert str(kind(f"a{EVIL}\n  b")) == f"a{SHOWN}\n  b"
    assert "\x1b" not in str(errors.UnknownNameError("model", EVIL, ["b" + EVIL]))
    assert str(errors.ArchError()) == ""


def test_a_stream_escapes_all_that_is_printed_and_gives_the_stream_behind_it():
    behind = io.StringIO()
    stream = escaping(behind)
    print("a" + EVIL, "b", sep="\n", file=stream)
    stream.writelines(["c\x1b", "\n"])
    assert behind.getvalue() == f"a{SHOWN}\nb\nc\\x1b\n"
    assert unescaped(stream) is behind
    assert unescaped(behind) is behind
    assert not stream.isatty()


def test_a_later_line_of_a_message_cannot_look_like_a_message():
    behind = io.StringIO()
    stream = EscapingStream(behind, is_for_messages=True)
    assert stream.write("error: a\nerror: b\n\nerror: c\n    d\n") == 34
    stream.write("\nstopped\n")
    assert behind.getvalue() == "error: a\n  error: b\n\n  error: c\n    d\n\nstopped\n"


@pytest.mark.parametrize(("behind", "shown"), [(Terminal(), "\r10 %\\r"), (io.StringIO(), "\\r10 %\\r")])
def test_a_progress_bar_of_a_library_returns_to_the_start_of_the_line_on_a_terminal_only(behind, shown):
    EscapingStream(behind).write("\r10 %\r")
    assert behind.getvalue() == shown
