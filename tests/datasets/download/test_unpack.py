"""Sound archives are unpacked; damaged and malicious ones are refused."""

import gzip
import io
import os
import random
import stat
import tarfile
import zipfile
from types import SimpleNamespace

import pytest

from Arch.datasets.download import unpack as module
from Arch.datasets.download.kinds import looks_like_archive
from Arch.datasets.download.unpack import unpack
from Arch.errors import DataError

FILES = {"a/x.bin": b"one" * 1000, "a/b/y.bin": b"", "z.bin": b"three"}


def zip_of(path, *members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, *mode in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (mode[0] if mode else stat.S_IFREG | 0o6777) << 16
            archive.writestr(info, content)
    return path


def tar_of(path, *members, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, content, *kind in members:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o6777
            if kind:
                info.type, info.linkname, info.size = kind[0], content.decode(), 0
            archive.addfile(info, io.BytesIO(content))
    return path


def packed(path, *members):
    """Packs an archive of the kind that its name says."""
    if path.suffix == ".zip":
        return zip_of(path, *members)
    return tar_of(path, *members, mode="w:gz" if path.name.endswith("gz") else "w")


@pytest.mark.parametrize("name", ["t.zip", "t.tar", "t.tar.gz", "t.tgz", "t.tar.bz2"])
def test_files_are_unpacked_unchanged_with_default_permissions(name, tmp_path, root):
    root.mkdir()
    if name == "t.zip":
        archive = zip_of(tmp_path / name, *FILES.items())
    else:
        compression = {"t.tar.gz": "gz", "t.tgz": "gz", "t.tar.bz2": "bz2"}.get(name, "")
        archive = tar_of(tmp_path / name, *FILES.items(), mode=f"w:{compression}")
    unpack(archive, root)
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in found.items()} == FILES
    assert not any(path.stat().st_mode & 0o6111 for path in found.values())


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/x", "C:\\x", "..\\x", "\\x"])
@pytest.mark.parametrize("pack", [zip_of, tar_of])
def test_a_path_that_leads_out_is_refused(pack, name, tmp_path, root):
    root.mkdir()
    archive = pack(tmp_path / ("t.zip" if pack is zip_of else "t.tar"), (name, b"x"))
    with pytest.raises(DataError, match="whose path is absolute or leads out"):
        unpack(archive, root)
    assert not list(root.rglob("*"))
    assert [path for path in tmp_path.iterdir() if path != archive] == [root]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_link_or_device_in_a_tar_is_refused(kind, tmp_path, root):
    root.mkdir()
    archive = tar_of(tmp_path / "t.tar", ("link", b"/etc/passwd", kind))
    with pytest.raises(DataError, match="a link or a device"):
        unpack(archive, root)
    assert not list(root.iterdir())


def test_a_link_in_a_zip_is_refused(tmp_path, root):
    root.mkdir()
    archive = zip_of(tmp_path / "t.zip", ("link", b"/etc/passwd", stat.S_IFLNK | 0o777))
    with pytest.raises(DataError, match="a link or a device"):
        unpack(archive, root)


@pytest.mark.parametrize("name", ["t.zip", "t.tar.gz"])
def test_an_archive_that_unpacks_to_far_more_than_its_size_is_refused(name, tmp_path, root, monkeypatch):
    root.mkdir()
    monkeypatch.setattr(module, "_ALLOWANCE", 0)
    monkeypatch.setattr(module, "_BLOCK", 1 << 12)
    archive = packed(tmp_path / name, ("bomb", bytes(10_000_000)))
    with pytest.raises(DataError, match="unpacks to far more than its size"):
        unpack(archive, root)
    written = sum(path.stat().st_size for path in root.iterdir())
    assert written <= 100 * archive.stat().st_size + (1 << 12)


@pytest.mark.parametrize("name", ["t.zip", "t.tar"])
def test_an_archive_that_exceeds_the_free_space_is_refused(name, tmp_path, root, monkeypatch):
    root.mkdir()
    monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(f_bavail=1, f_frsize=512))
    with pytest.raises(DataError, match=r"cannot unpack .*: it takes more than the free space in .*data\. Free some"):
        unpack(packed(tmp_path / name, ("x", bytes(600))), root)


def test_too_many_members_are_refused(tmp_path, root, monkeypatch):
    root.mkdir()
    monkeypatch.setattr(module, "_MEMBERS", 2)
    with pytest.raises(DataError, match="unpacks to far more"):
        unpack(tar_of(tmp_path / "t.tar", *FILES.items()), root)


@pytest.mark.parametrize("name", ["t.zip", "t.tar.gz"])
def test_a_truncated_archive_is_named_in_the_error(name, tmp_path, root):
    root.mkdir()
    archive = (
        zip_of(tmp_path / name, *FILES.items())
        if name == "t.zip"
        else tar_of(tmp_path / name, *FILES.items(), mode="w:gz")
    )
    archive.write_bytes(archive.read_bytes()[:60])
    with pytest.raises(DataError, match=r"cannot unpack .*t\."):
        unpack(archive, root)


@pytest.mark.parametrize("compression", ["bz2", "xz"])
def test_changed_bytes_in_a_compressed_archive_are_damage_and_not_an_error_of_the_disk(compression, tmp_path, root):
    root.mkdir()
    path = tar_of(tmp_path / "t.tar", ("x", random.Random(0).randbytes(1 << 21)), mode=f"w:{compression}")
    content = bytearray(path.read_bytes())
    content[len(content) * 3 // 4] ^= 255
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"cannot unpack .*t\.tar: "):
        unpack(path, root)


@pytest.mark.parametrize("length", [0, 5, 20, 40])
def test_the_first_bytes_of_a_compressed_archive_are_no_archive(length, tmp_path):
    path = tar_of(tmp_path / "t.tar.gz", *FILES.items(), mode="w:gz")
    path.write_bytes(path.read_bytes()[:length])
    assert not looks_like_archive(path, path.name)


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz"])
def test_a_wrong_checksum_at_the_end_of_an_archive_is_noticed(compression, tmp_path, root):
    root.mkdir()
    path = tar_of(tmp_path / "t.tar", ("x", random.Random(0).randbytes(5000)), mode=f"w:{compression}")
    content = bytearray(path.read_bytes())
    content[-{"gz": 6, "bz2": 3, "xz": 26}[compression]] ^= 1  # in the checksum, after all members
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"cannot unpack .*t\.tar: .* Remove it and give the command again"):
        unpack(path, root)


def test_a_changed_byte_of_a_member_is_noticed_at_the_end_of_a_compressed_tar(tmp_path, root):
    root.mkdir()
    stored = io.BytesIO()
    with tarfile.open(fileobj=stored, mode="w") as archive:
        info = tarfile.TarInfo("x")
        info.size = 5000
        archive.addfile(info, io.BytesIO(random.Random(0).randbytes(5000)))
    content = bytearray(gzip.compress(stored.getvalue(), compresslevel=0))  # stored, so that only the checksum tells
    content[3000] ^= 1
    (tmp_path / "t.tar.gz").write_bytes(content)
    with pytest.raises(DataError, match=r"CRC check failed"):
        unpack(tmp_path / "t.tar.gz", root)


def test_a_damaged_header_between_members_is_not_the_end_of_a_tar(tmp_path, root):
    root.mkdir()
    path = tar_of(tmp_path / "t.tar", ("x", b"x"), ("y", b"y"))
    content = bytearray(path.read_bytes())
    content[1024 + 150] ^= 255  # in the checksum of the second header
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged header after 1024 bytes"):
        unpack(path, root)


def test_a_tar_that_ends_within_a_header_is_damaged(tmp_path, root):
    root.mkdir()
    path = tar_of(tmp_path / "t.tar", ("x", b"x"), ("y", b"y"))
    path.write_bytes(path.read_bytes()[:1100])
    with pytest.raises(DataError, match="damaged header after 1024 bytes"):
        unpack(path, root)


def test_a_header_that_extends_another_one_by_gigabytes_is_not_read(tmp_path, root):
    root.mkdir()
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 32
    (tmp_path / "t.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT))
    with pytest.raises(DataError, match="cannot unpack"):
        unpack(tmp_path / "t.tar", root)


@pytest.mark.parametrize(
    "members", [[("x", b"1"), ("x", b"2")], [("x", b"1"), ("x/y", b"2")], [("x/y", b"1"), ("x", b"2")]]
)
@pytest.mark.parametrize("name", ["t.zip", "t.tar"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(name, members, tmp_path, root):
    root.mkdir()
    with pytest.raises(DataError, match="it has 'x' twice, or both as a file and as a folder"):
        unpack(packed(tmp_path / name, *members), root)


@pytest.mark.parametrize("path", ["x/" * 500 + "x", "x" * 256])
@pytest.mark.parametrize("name", ["t.zip", "t.tar"])
def test_a_path_that_is_too_long_is_refused(name, path, tmp_path, root):
    root.mkdir()
    with pytest.raises(DataError, match=r"has a member with a path of \d+ parts and \d+ characters, which is too long"):
        unpack(packed(tmp_path / name, (path, b"x")), root)
    assert not list(root.iterdir())


def test_an_encrypted_zip_is_refused(tmp_path, root):
    root.mkdir()
    path = zip_of(tmp_path / "t.zip", ("x", b"x"))
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1  # the flag in the list of members
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"t\.zip is encrypted"):
        unpack(path, root)


def test_a_zip_that_states_wrong_sizes_is_damaged(tmp_path, root):
    root.mkdir()
    path = zip_of(tmp_path / "t.zip", ("x", b"four"))
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 24] = 9  # the size in the list of members
    path.write_bytes(content)
    with pytest.raises(DataError, match="x has 4 bytes and not the 9 that the archive states"):
        unpack(path, root)
