"""A server of a megabyte and of an archive, and sources that name them."""

import io
import tarfile
import zipfile

import pytest

from Arch.datasets.download import transfer
from Arch.datasets.download.download import Remote, Source
from tests.datasets.file_server import serving

BODY = bytes(range(256)) * 4000  # a megabyte: several blocks


@pytest.fixture
def host(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(transfer, "_PAUSE_SECONDS", 0.001)
    with serving({"a.bin": BODY, "b.zip": zipped({"top/x.txt": b"x", "top/deep/y.txt": b"y"})}) as host:
        yield host


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def plain(host, **facts):
    return Source("plain", (Remote(host.url("a.bin"), "a.bin", **facts),))
