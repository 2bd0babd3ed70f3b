"""Files without a published digest: what is recorded of them, and pages and other files in their place."""

import hashlib
import json
import re

import pytest

from Arch.datasets.download import download
from Arch.datasets.download.download import Remote, Source, fetched
from Arch.errors import DataError
from tests.datasets.download.sources import BODY, plain, tarred


def test_an_unpublished_digest_is_recorded_and_compared_later(host, root):
    (fetched(root, plain(host)) / "a.bin").unlink()
    (root / "plain").rmdir()
    host.files["a.bin"] = b"something else"
    with pytest.raises(DataError, match=rf"but a file of this name had {hashlib.sha256(BODY).hexdigest()} before"):
        fetched(root, plain(host))


def test_the_digest_of_a_damaged_archive_is_not_recorded(host, root):
    source = Source("both", (Remote(host.url("b.zip"), "b.zip"),))
    sound = host.files["b.zip"]
    host.files["b.zip"] = sound.replace(b"PK\3\4", b"PK\3\5")  # the list of members at the end is undamaged
    with pytest.raises(DataError, match=r"cannot unpack (.*b.zip): .* Remove it"):
        fetched(root, source)
    host.files["b.zip"] = sound
    (root / ".fetching/both/b.zip").unlink()
    assert (fetched(root, source) / "top/x.txt").read_bytes() == b"x"


@pytest.mark.parametrize("name", ["b.zip", "b.tgz"])
def test_an_html_page_instead_of_an_archive_is_deleted(name, host, root):
    host.script = [(200, {"Content-Length": "20"}, b"<html>Log in</html>\n")]
    host.files["b.tgz"] = tarred({"top/x.txt": b"x"})
    source = Source("both", (Remote(host.url(name), name),))
    with pytest.raises(DataError, match=rf"cannot download {name}: it has the content of a web page \(http://"):
        fetched(root, source)
    assert (fetched(root, source) / "top/x.txt").read_bytes() == b"x"


def page(**headers):
    return 200, {"Content-Length": "26", **headers}, b"<!DOCTYPE html>Log in here"


@pytest.mark.parametrize("name", ["part0.npz", "a.mat", "a.csv"])
@pytest.mark.parametrize("kind", [{"Content-Type": "text/html; charset=utf-8"}, {}], ids=["declared", "undeclared"])
def test_a_page_in_place_of_a_file_without_a_published_digest_is_not_kept(name, kind, host, root):
    host.script = [page(**kind)]
    with pytest.raises(
        DataError, match=rf"cannot download {re.escape(name)}: .* web page .* Try again later, or get it"
    ):
        fetched(root, Source("plain", (Remote(host.url(name), name),)))
    assert not list(root.rglob(f"{name}*"))
    assert len(host.asked) == 1


def test_a_page_does_not_replace_a_partial_download(host, root):
    headers = {"Content-Length": str(len(BODY)), "ETag": '"first"'}
    host.script = [(200, headers, BODY[:512000]), page(**{"Content-Type": "text/html"})]
    with pytest.raises(DataError, match=r"a web page .*\(a partial download is kept\)"):
        fetched(root, plain(host))
    assert (root / ".fetching/plain/a.bin.part").read_bytes() == BODY[:512000]


@pytest.mark.parametrize("announced", [{"Content-Length": str(1 << 40)}, {}], ids=["announced", "sent"])
def test_a_file_that_is_far_larger_than_it_should_be_is_refused(announced, host, root, monkeypatch):
    monkeypatch.setattr(download, "_ALLOWANCE", 0)
    host.script = [(200, announced, BODY)]
    with pytest.raises(DataError, match=r"the server (announces 1\.0 TB|sends more than 977 KB), far more than this"):
        fetched(root, plain(host, size=250_000))
    assert not list(root.rglob("a.bin*"))


def test_a_file_in_place_of_the_folder_of_the_data_is_named(host, root):
    root.mkdir()
    (root / "plain").write_bytes(b"words")
    with pytest.raises(DataError, match=r"data/plain is a file, but must be the folder of the data\. Move it away"):
        fetched(root, plain(host))
    assert host.asked == []


def test_the_size_and_digest_of_a_file_without_a_published_one_are_recorded(host, root):
    fetched(root, plain(host))
    line = json.loads((root / "plain.digests.json").read_text())["a.bin"]
    assert (line["size"], line["sha256"]) == (len(BODY), hashlib.sha256(BODY).hexdigest())


def test_the_record_of_another_machine_is_compared_with_what_is_downloaded_here(host, root):
    fetched(root / "there", plain(host))
    (root / "here").mkdir()
    (root / "here/plain.digests.json").write_bytes((root / "there/plain.digests.json").read_bytes())
    host.files["a.bin"] = BODY[::-1]
    with pytest.raises(DataError, match="but a file of this name had"):
        fetched(root / "here", plain(host))


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
