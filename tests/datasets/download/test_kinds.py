"""A file is of the kind that its name says; the oracle is what the usual libraries write."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import numpy as np
import pytest
import scipy.io

from Arch.datasets.download.kinds import wrong_content


def written(write):
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


def zipped(buffer):
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x", b"x" * 1000)


def tarred(compression):
    def write(buffer):
        with tarfile.open(fileobj=buffer, mode=f"w:{compression}") as archive:
            archive.addfile(tarfile.TarInfo("x"))

    return write


SOUND = {
    "a.npz": written(lambda buffer: np.savez(buffer, x=np.arange(3))),
    "a.npy": written(lambda buffer: np.save(buffer, np.arange(3))),
    "a.mat": written(lambda buffer: scipy.io.savemat(buffer, {"x": 1})),
    "a.zip": written(zipped),
    "a.tar": written(tarred("")),
    "a.tar.gz": written(tarred("gz")),
    "a.tar.bz2": written(tarred("bz2")),
    "train-images-idx3-ubyte.gz": gzip.compress(b"x"),
    "a.bz2": bz2.compress(b"x"),
    "a.xz": lzma.compress(b"x"),
    "a.parquet": b"PAR1 columns PAR1",
    "a.bin": b"x",
    "readme.html": b"<!DOCTYPE html>",
}
PAGES = [b"<!DOCTYPE html>", b"\xef\xbb\xbf\n <HTML lang=en>", b'<?xml version="1.0"?><Error>AccessDenied</Error>']


@pytest.fixture
def wrong(tmp_path):
    def of(name, content):
        (tmp_path / "part").write_bytes(content)
        return wrong_content(tmp_path / "part", name)

    return of


@pytest.mark.parametrize("name", SOUND)
def test_a_file_of_its_kind_is_accepted(name, wrong):
    assert wrong(name, SOUND[name]) == ""
    assert wrong(name.upper(), SOUND[name]) == ""


@pytest.mark.parametrize("name", [name for name in SOUND if name not in {"a.bin", "readme.html"}])
def test_a_file_of_another_kind_is_noticed(name, wrong):
    assert "not" in wrong(name, b"plain words" * 100)
    assert wrong(name, b"") == "no content"


@pytest.mark.parametrize("name", [name for name in SOUND if not name.endswith("html")])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_no_file_of_data(name, page, wrong):
    assert wrong(name, page) == "the content of a web page"


@pytest.mark.parametrize("name", ["a.npz", "a.zip", "a.parquet"])
def test_a_file_without_its_end_is_noticed(name, wrong):
    assert wrong(name, SOUND[name][:-5])
