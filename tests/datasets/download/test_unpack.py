"""Sound archives are unpacked; damaged and malicious ones are refused."""

import io
import random
import stat
import tarfile
import zipfile

import pytest

from Arch.datasets.download import unpack as module
from Arch.datasets.download.unpack import looks_like_archive, unpack
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


def test_an_archive_that_unpacks_to_far_more_than_its_size_is_refused(tmp_path, root, monkeypatch):
    root.mkdir()
    monkeypatch.setattr(module, "_ALLOWANCE", 0)
    monkeypatch.setattr(module, "_BLOCK", 1 << 12)
    archive = zip_of(tmp_path / "t.zip", ("bomb", bytes(10_000_000)))
    with pytest.raises(DataError, match="unpacks to far more than its size"):
        unpack(archive, root)
    assert (root / "bomb").stat().st_size <= 100 * archive.stat().st_size + (1 << 12)


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
