"""Downloads from a server on loopback with broken connections, wrong content and concurrent clients."""

import errno
import hashlib
import subprocess
import sys
import time

import pytest

from Arch.datasets.download.download import Remote, Source, fetched
from Arch.errors import DataError
from Arch.files import system_calls
from tests.datasets.download.sources import BODY, plain, zipped


def test_a_source_is_downloaded_and_unpacked_once(host, root):
    files = (Remote(host.url("b.zip"), "b.zip"), Remote(host.url("a.bin"), "a.bin"))
    for _ in range(2):
        folder = fetched(root, Source("both", files, top="top"))
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == {"x.txt": b"x", "deep/y.txt": b"y", "a.bin": BODY}
    assert [name for name, _ in host.asked] == ["b.zip", "a.bin"]
    assert not (root / ".fetching" / "both").exists()


def test_an_empty_folder_counts_as_missing(host, root):
    (root / "plain").mkdir(parents=True)
    assert (fetched(root, plain(host)) / "a.bin").read_bytes() == BODY


def test_a_broken_download_is_resumed(host, root):
    host.breaks = 3
    folder = fetched(root, plain(host, md5=hashlib.md5(BODY).hexdigest()))
    assert (folder / "a.bin").read_bytes() == BODY
    starts = [int(asked[6:-1]) if asked else 0 for _, asked in host.asked]
    n = len(BODY)
    assert starts == [0, n // 2, n * 3 // 4, n * 7 // 8]


def test_a_server_without_ranges_sends_the_whole_file_again(host, root):
    host.knows_ranges, host.breaks = False, 1
    assert (fetched(root, plain(host)) / "a.bin").read_bytes() == BODY
    assert host.asked == [("a.bin", None)] * 2


def test_a_file_that_changed_between_attempts_is_downloaded_from_the_start(host, root):
    headers = {"Content-Length": str(len(BODY)), "ETag": '"of the first version"'}
    host.script = [(200, headers, BODY[:512000]), *[(503, {}, b"")] * 4]
    with pytest.raises(DataError, match="the server answers 503"):
        fetched(root, plain(host))
    host.files["a.bin"] = other = BODY[::-1]
    assert (fetched(root, plain(host)) / "a.bin").read_bytes() == other
    assert host.asked[-1] == ("a.bin", "bytes=512000-")


def test_a_file_with_a_wrong_digest_is_refused_and_deleted(host, root):
    with pytest.raises(
        DataError, match=r"a.bin: it has the MD5 \w{32} instead of the published 0{32} .*127.*later, or"
    ):
        fetched(root, plain(host, md5="0" * 32))
    assert list(root.iterdir()) == []


def test_each_step_of_a_download_is_logged(host, root, caplog):
    files = (Remote(host.url("b.zip"), "b.zip"), Remote(host.url("a.bin"), "a.bin"))
    fetched(root, Source("both", files))
    messages = [message.removeprefix("fetching data: ").partition(" (")[0] for message in caplog.messages]
    assert messages == ["b.zip", "verifying b.zip", "a.bin", "verifying a.bin", "unpacking b.zip"]
    assert caplog.messages[2] == "fetching data: a.bin (1.0 MB)"


def test_a_missing_file_is_downloaded_from_a_mirror(host, root):
    gone = Remote(host.url("gone.bin"), "a.bin", mirrors=(host.url("a.bin"),))
    assert (fetched(root, Source("plain", (gone,))) / "a.bin").read_bytes() == BODY


def test_a_missing_file_is_an_error_with_advice(host, root):
    gone = Source("gone", (Remote(host.url("gone.bin"), "gone.bin"),))
    with pytest.raises(DataError, match=r"the server answers 404 Not Found .* put its content into .*data/gone\."):
        fetched(root, gone)
    assert host.asked == [("gone.bin", None)]


def test_an_unreachable_server_is_an_error(host, root):
    unreachable = Source("gone", (Remote("http://127.0.0.1:9/x", "x"),))
    with pytest.raises(DataError, match=r"cannot download x: .*refused"):
        fetched(root, unreachable)


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


def test_an_archive_without_the_expected_folder_is_an_error(host, root):
    source = Source("both", (Remote(host.url("b.zip"), "b.zip"),), top="bottom")
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


def test_one_of_several_processes_downloads_and_the_others_wait(host, root):
    host.goes_on.clear()
    processes = [start(root, host.url("b.zip")) for _ in range(3)]
    host.goes_on.set()
    assert [process.communicate(timeout=30)[0] for process in processes] == ["['deep', 'x.txt']\n"] * 3
    assert host.asked == [("b.zip", None)]


def test_a_killed_download_is_resumed_by_the_next_process(host, root):
    host.files["b.zip"] = zipped({"top/x.txt": BODY, "top/deep/y.txt": b"y"})
    host.goes_on.clear()
    killed = start(root, host.url("b.zip"))
    part = root / ".fetching/both/b.zip.part"
    wait_until(lambda: part.exists() and part.stat().st_size >= 1 << 18)
    killed.kill()
    killed.communicate()
    assert not (root / "both").exists()
    kept = part.stat().st_size
    host.goes_on.set()
    assert start(root, host.url("b.zip")).communicate(timeout=30)[0] == "['deep', 'x.txt']\n"
    assert host.asked == [("b.zip", None), ("b.zip", f"bytes={kept}-")]


def wait_until(holds):
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)
