"""Downloads from a server on loopback with broken connections, wrong content and concurrent clients."""

import errno
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import time
import zipfile

import pytest

from Arch.datasets.download import download, transfer
from Arch.datasets.download.download import Remote, Source, fetched
from Arch.errors import DataError
from Arch.files import system_calls
from tests.datasets.file_server import serving

BODY = bytes(range(256)) * 4000  # a megabyte: several blocks


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(transfer, "_PAUSE_SECONDS", 0.001)
    with serving({"a.bin": BODY, "b.zip": zipped({"top/x.txt": b"x", "top/deep/y.txt": b"y"})}) as server:
        yield server


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


def plain(server, **facts):
    return Source("plain", (Remote(server.url("a.bin"), "a.bin", **facts),))


def test_a_source_is_downloaded_and_unpacked_once(server, root):
    files = (Remote(server.url("b.zip"), "b.zip"), Remote(server.url("a.bin"), "a.bin"))
    for _ in range(2):
        folder = fetched(root, Source("both", files, top="top"))
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == {"x.txt": b"x", "deep/y.txt": b"y", "a.bin": BODY}
    assert [name for name, _ in server.asked] == ["b.zip", "a.bin"]
    assert not (root / ".fetching" / "both").exists()


def test_an_empty_folder_counts_as_missing(server, root):
    (root / "plain").mkdir(parents=True)
    assert (fetched(root, plain(server)) / "a.bin").read_bytes() == BODY


def test_a_broken_download_is_resumed(server, root):
    server.breaks = 3
    folder = fetched(root, plain(server, md5=hashlib.md5(BODY).hexdigest()))
    assert (folder / "a.bin").read_bytes() == BODY
    starts = [int(asked[6:-1]) if asked else 0 for _, asked in server.asked]
    n = len(BODY)
    assert starts == [0, n // 2, n * 3 // 4, n * 7 // 8]


def test_a_server_without_ranges_sends_the_whole_file_again(server, root):
    server.knows_ranges, server.breaks = False, 1
    assert (fetched(root, plain(server)) / "a.bin").read_bytes() == BODY
    assert server.asked == [("a.bin", None)] * 2


def test_a_file_that_changed_between_attempts_is_downloaded_from_the_start(server, root):
    headers = {"Content-Length": str(len(BODY)), "ETag": '"of the first version"'}
    server.script = [(200, headers, BODY[:512000]), *[(503, {}, b"")] * 4]
    with pytest.raises(DataError, match="the server answers 503"):
        fetched(root, plain(server))
    server.files["a.bin"] = other = BODY[::-1]
    assert (fetched(root, plain(server)) / "a.bin").read_bytes() == other
    assert server.asked[-1] == ("a.bin", "bytes=512000-")


def test_a_file_with_a_wrong_digest_is_refused_and_deleted(server, root):
    with pytest.raises(
        DataError, match=r"a.bin: it has the MD5 \w{32} instead of the published 0{32} .*127.*later, or"
    ):
        fetched(root, plain(server, md5="0" * 32))
    assert list(root.iterdir()) == []


def test_each_step_of_a_download_is_logged(server, root, caplog):
    files = (Remote(server.url("b.zip"), "b.zip"), Remote(server.url("a.bin"), "a.bin"))
    fetched(root, Source("both", files))
    messages = [message.removeprefix("fetching data: ").partition(" (")[0] for message in caplog.messages]
    assert messages == ["b.zip", "verifying b.zip", "a.bin", "verifying a.bin", "unpacking b.zip"]
    assert caplog.messages[2] == "fetching data: a.bin (1.0 MB)"


def test_a_missing_file_is_downloaded_from_a_mirror(server, root):
    gone = Remote(server.url("gone.bin"), "a.bin", mirrors=(server.url("a.bin"),))
    assert (fetched(root, Source("plain", (gone,))) / "a.bin").read_bytes() == BODY


def test_a_missing_file_is_an_error_with_advice(server, root):
    gone = Source("gone", (Remote(server.url("gone.bin"), "gone.bin"),))
    with pytest.raises(DataError, match=r"the server answers 404 Not Found .* put its content into .*data/gone\."):
        fetched(root, gone)
    assert server.asked == [("gone.bin", None)]


def test_an_unreachable_server_is_an_error(server, root):
    unreachable = Source("gone", (Remote("http://127.0.0.1:9/x", "x"),))
    with pytest.raises(DataError, match=r"cannot download x: .*refused"):
        fetched(root, unreachable)


def test_an_unpublished_digest_is_recorded_and_compared_later(server, root):
    (fetched(root, plain(server)) / "a.bin").unlink()
    (root / "plain").rmdir()
    server.files["a.bin"] = b"something else"
    with pytest.raises(DataError, match=rf"but a file of this name had {hashlib.sha256(BODY).hexdigest()} before"):
        fetched(root, plain(server))


def test_the_digest_of_a_damaged_archive_is_not_recorded(server, root):
    source = Source("both", (Remote(server.url("b.zip"), "b.zip"),))
    sound = server.files["b.zip"]
    server.files["b.zip"] = sound.replace(b"PK\3\4", b"PK\3\5")  # the list of members at the end is undamaged
    with pytest.raises(DataError, match=r"cannot unpack (.*b.zip): .* Remove it"):
        fetched(root, source)
    server.files["b.zip"] = sound
    (root / ".fetching/both/b.zip").unlink()
    assert (fetched(root, source) / "top/x.txt").read_bytes() == b"x"


@pytest.mark.parametrize("name", ["b.zip", "b.tgz"])
def test_an_html_page_instead_of_an_archive_is_deleted(name, server, root):
    server.script = [(200, {"Content-Length": "20"}, b"<html>Log in</html>\n")]
    server.files["b.tgz"] = tarred({"top/x.txt": b"x"})
    source = Source("both", (Remote(server.url(name), name),))
    with pytest.raises(DataError, match=rf"cannot download {name}: it has the content of a web page \(http://"):
        fetched(root, source)
    assert (fetched(root, source) / "top/x.txt").read_bytes() == b"x"


def page(**headers):
    return 200, {"Content-Length": "26", **headers}, b"<!DOCTYPE html>Log in here"


@pytest.mark.parametrize("name", ["part0.npz", "a.mat", "a.csv"])
@pytest.mark.parametrize("kind", [{"Content-Type": "text/html; charset=utf-8"}, {}], ids=["declared", "undeclared"])
def test_a_page_in_place_of_a_file_without_a_published_digest_is_not_kept(name, kind, server, root):
    server.script = [page(**kind)]
    with pytest.raises(
        DataError, match=rf"cannot download {re.escape(name)}: .* web page .* Try again later, or get it"
    ):
        fetched(root, Source("plain", (Remote(server.url(name), name),)))
    assert not list(root.rglob(f"{name}*"))
    assert len(server.asked) == 1


def test_a_page_does_not_replace_a_partial_download(server, root):
    headers = {"Content-Length": str(len(BODY)), "ETag": '"first"'}
    server.script = [(200, headers, BODY[:512000]), page(**{"Content-Type": "text/html"})]
    with pytest.raises(DataError, match=r"a web page .*\(a partial download is kept\)"):
        fetched(root, plain(server))
    assert (root / ".fetching/plain/a.bin.part").read_bytes() == BODY[:512000]


@pytest.mark.parametrize("announced", [{"Content-Length": str(1 << 40)}, {}], ids=["announced", "sent"])
def test_a_file_that_is_far_larger_than_it_should_be_is_refused(announced, server, root, monkeypatch):
    monkeypatch.setattr(download, "_ALLOWANCE", 0)
    server.script = [(200, announced, BODY)]
    with pytest.raises(DataError, match=r"the server (announces 1\.0 TB|sends more than 977 KB), far more than this"):
        fetched(root, plain(server, size=250_000))
    assert not list(root.rglob("a.bin*"))


def test_a_file_in_place_of_the_folder_of_the_data_is_named(server, root):
    root.mkdir()
    (root / "plain").write_bytes(b"words")
    with pytest.raises(DataError, match=r"data/plain is a file, but must be the folder of the data\. Move it away"):
        fetched(root, plain(server))
    assert server.asked == []


def test_the_size_and_digest_of_a_file_without_a_published_one_are_recorded(server, root):
    fetched(root, plain(server))
    line = json.loads((root / "plain.digests.json").read_text())["a.bin"]
    assert (line["size"], line["sha256"]) == (len(BODY), hashlib.sha256(BODY).hexdigest())


def test_the_record_of_another_machine_is_compared_with_what_is_downloaded_here(server, root):
    fetched(root / "there", plain(server))
    (root / "here").mkdir()
    (root / "here/plain.digests.json").write_bytes((root / "there/plain.digests.json").read_bytes())
    server.files["a.bin"] = BODY[::-1]
    with pytest.raises(DataError, match="but a file of this name had"):
        fetched(root / "here", plain(server))


def test_the_digest_of_a_file_added_by_hand_is_recorded_and_compared(root):
    source = Source("plain", (Remote("http://127.0.0.1:9/x", "x"),))
    (root / "plain").mkdir(parents=True)
    (root / "plain" / "x").write_bytes(b"mine")
    fetched(root, source)
    line = json.loads((root / "plain.digests.json").read_text())["x"]
    assert line["sha256"] == hashlib.sha256(b"mine").hexdigest()
    (root / "plain" / "x").write_bytes(b"another")
    with pytest.raises(DataError, match="a file of this name had"):
        fetched(root, source)


def test_data_that_can_only_be_read_are_named(root, monkeypatch):
    def refuse_writes(verb, path, function, *arguments):
        if verb == "write":
            raise OSError(errno.EROFS, "Read-only file system")
        return function(*arguments)

    (root / "plain").mkdir(parents=True)
    (root / "plain" / "x").write_bytes(b"mine")
    monkeypatch.setattr(system_calls, "_step", refuse_writes)
    with pytest.raises(DataError, match=r"cannot write .*data/plain\.digests\.json: read-only file system"):
        fetched(root, Source("plain", (Remote("http://127.0.0.1:9/x", "x"),)))


def test_an_archive_without_the_expected_folder_is_an_error(server, root):
    source = Source("both", (Remote(server.url("b.zip"), "b.zip"),), top="bottom")
    with pytest.raises(
        DataError, match=r"the archives downloaded for .*both contain no bottom/. Remove .*fetching/both"
    ):
        fetched(root, source)
    assert not (root / "both").exists()


FETCH = """
import sys
from pathlib import Path
from Arch.datasets.download.download import Remote, Source, fetched
print("ready", flush=True)
folder = fetched(Path(sys.argv[1]), Source("both", (Remote(sys.argv[2], "b.zip"),), top="top"))
print(sorted(path.name for path in folder.iterdir()))
"""


def start(root, url):
    """Starts a process that downloads, and waits until it is about to begin."""
    process = subprocess.Popen(
        [sys.executable, "-c", FETCH, str(root), url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_one_of_several_processes_downloads_and_the_others_wait(server, root):
    server.goes_on.clear()
    processes = [start(root, server.url("b.zip")) for _ in range(3)]
    server.goes_on.set()
    assert [process.communicate(timeout=30)[0] for process in processes] == ["['deep', 'x.txt']\n"] * 3
    assert server.asked == [("b.zip", None)]


def test_a_killed_download_is_resumed_by_the_next_process(server, root):
    server.files["b.zip"] = zipped({"top/x.txt": BODY, "top/deep/y.txt": b"y"})
    server.goes_on.clear()
    killed = start(root, server.url("b.zip"))
    part = root / ".fetching/both/b.zip.part"
    wait_until(lambda: part.exists() and part.stat().st_size >= 1 << 18)
    killed.kill()
    killed.communicate()
    assert not (root / "both").exists()
    kept = part.stat().st_size
    server.goes_on.set()
    assert start(root, server.url("b.zip")).communicate(timeout=30)[0] == "['deep', 'x.txt']\n"
    assert server.asked == [("b.zip", None), ("b.zip", f"bytes={kept}-")]


def wait_until(holds):
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)
