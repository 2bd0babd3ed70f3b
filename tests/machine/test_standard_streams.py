"""Oracle: what the other end of a real pipe, a disk that is always full, or a closed descriptor gives."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from Arch.machine.standard_streams import SafeStream, safe_stream
from tests.repository import ROOT

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="only Linux has a disk that is always full")


@pytest.fixture
def pipe():
    """A stream into a pipe, and the descriptor that reads it."""
    reading, writing = os.pipe()
    stream = SafeStream(os.fdopen(writing, "wb"), line_buffering=True)
    yield stream, reading
    stream.close()


def test_text_arrives_while_somebody_reads(pipe):
    stream, reading = pipe
    assert print("one", file=stream) is None
    assert (os.read(reading, 99), stream.problem) == (b"one\n", None)
    os.close(reading)


def test_text_is_discarded_once_the_reader_has_gone(pipe):
    stream, reading = pipe
    os.close(reading)
    for _ in range(3):
        assert stream.write("lost\n") == 5
        stream.flush()
    assert isinstance(stream.problem, BrokenPipeError)


def test_an_error_is_raised_where_the_text_is_all_that_matters(pipe):
    stream, reading = pipe
    stream.raises = True
    os.close(reading)
    with pytest.raises(BrokenPipeError):
        stream.write("lost\n")
    stream.silence()
    stream.write("not even tried\n")


@needs_full
def test_a_full_disk_fails_nothing_and_is_remembered():
    with SafeStream(FULL.open("wb"), line_buffering=True) as stream:
        stream.write("x" * 100_000 + "\n")
        assert stream.problem.strerror == "No space left on device"


def test_a_full_pipe_that_does_not_block_takes_later_lines_again(pipe):
    stream, reading = pipe
    os.set_blocking(stream.fileno(), False)
    while stream.problem is None:
        stream.write("x" * 9999 + "\n")
    while len(os.read(reading, 1 << 20)) == 1 << 20:
        pass
    stream.flush()
    stream.write("later\n")
    stream.flush()
    assert os.read(reading, 1 << 20).endswith(b"later\n")
    os.close(reading)


def test_a_stream_in_memory_is_kept():
    stream = io.TextIOWrapper(io.BytesIO())
    assert safe_stream(stream, 1) is stream


def child(code, **streams):
    """Returns a finished Python process with safe streams that has executed `code`."""
    start = "import os, sys\nfrom Arch.machine.standard_streams import make_streams_safe\nmake_streams_safe()\n"
    command = [sys.executable, "-c", start + code]
    return subprocess.run(command, cwd=ROOT, text=True, timeout=60, check=False, **streams)


def test_a_file_never_gets_the_number_of_a_closed_stream(tmp_path):
    code = (
        f"file = open({str(tmp_path / 'kept')!r}, 'w')\nos.write(2, b'not into the file')\nsys.exit(file.fileno() < 3)"
    )
    done = child(code, preexec_fn=lambda: os.closerange(0, 3))
    assert (done.returncode, (tmp_path / "kept").read_text()) == (0, "")


def test_what_is_meant_for_a_closed_standard_error_does_not_reach_standard_output():
    done = child("print('for the user', file=sys.stderr)", stdout=subprocess.PIPE, preexec_fn=lambda: os.close(2))
    assert (done.returncode, done.stdout) == (0, "")


@needs_full
def test_the_end_of_the_interpreter_does_not_fail_on_a_full_disk():
    with FULL.open("w") as full:
        done = child("print('lost')", stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, "")
