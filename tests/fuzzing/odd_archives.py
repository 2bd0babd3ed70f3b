"""Writes zip and tar archives whose members and headers are not as they should be."""

from __future__ import annotations

import io
import stat
import struct
import tarfile
import zipfile
from pathlib import Path
from random import Random

from tests.fuzzing.sandbox import Sandbox

_NAMES = (
    "../x", "../../canary/new", "/tmp/x", "C:\\x", "..\\x", "train\\cat\\9.png", "train/cat/\x1b[31m.png",
    "train/\u202ekcab/1.png", "train/cat/" + "x" * 300 + ".png", "a/" * 2_000 + "b.png", "train/cat/", "", ".",
    "train", "train/cat/0.png", "train/cat/0.png/x", "train/cat/new\nline.png", "con", "~/x", "train//cat/./9.png",
    "train/../train/cat/9.png", "train/cat/\udce9.png",
)  # fmt: skip
_BOMB = 1 << 30


def odd_zip(rng: Random, path: Path, sandbox: Sandbox) -> str:
    """Adds a member to a zip archive, or changes what its directory says; returns what was done."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    some = next(iter(members.values()), b"x")
    kind = rng.choice(("name", "name", "name", "link", "bomb", "many", "twice", "lies", "locked", "empty"))
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items() if kind != "empty" else ():
            archive.writestr(name, content)
        words = _member(rng, archive, kind, some, sandbox)
    if kind in {"lies", "locked"}:
        words = _lie(rng, path, kind)
    return words


def _member(rng: Random, archive: zipfile.ZipFile, kind: str, content: bytes, sandbox: Sandbox) -> str:
    if kind == "name":
        name = rng.choice((*_NAMES, f"{sandbox.canary}/new"))
        archive.writestr(zipfile.ZipInfo(name.encode("utf-8", "replace").decode() or "x"), content)
        return f"the member {name[:40]!a}"
    if kind == "link":
        info = zipfile.ZipInfo("train/cat/9.png")
        info.external_attr = rng.choice((stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR)) << 16 | 0o777 << 16
        archive.writestr(info, str(sandbox.canary / "secret.txt"))
        return "a link or device"
    if kind == "bomb":
        info = zipfile.ZipInfo(rng.choice(("train/cat/9.png", "x_train.npy", "zeros")))
        info.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(info, "w", force_zip64=True) as file:
            for _ in range(_BOMB >> 20):
                file.write(bytes(1 << 20))
        return "a bomb"
    if kind == "many":
        for number in range(20_000):
            archive.writestr(zipfile.ZipInfo(f"train/cat/{number}.txt"), b"")
        return "20,000 members"
    return kind


def _lie(rng: Random, path: Path, kind: str) -> str:
    """Changes a field in the central directory: sizes, offsets, the kind of compression, the flag of encryption."""
    content = bytearray(path.read_bytes())
    starts = [at for at in range(len(content) - 46) if content[at : at + 4] == b"PK\x01\x02"]
    if not starts:
        return "nothing to lie about"
    start = rng.choice(starts)
    if kind == "locked":
        content[start + 8] |= 1
    else:
        offset, size = rng.choice(((10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (42, 4)))
        value = rng.choice((0, 1, 99, 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF)) & (1 << 8 * size) - 1
        content[start + offset : start + offset + size] = value.to_bytes(size, "little")
        kind = f"the field at {offset} is {value}"
    path.write_bytes(content)
    return kind


def odd_tar(rng: Random, path: Path, sandbox: Sandbox) -> str:
    """Writes a tar archive with one sound member and an odd one."""
    kinds = (
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.FIFOTYPE,
        tarfile.DIRTYPE,
        tarfile.REGTYPE,
        b"Z",
    )
    info, sound = tarfile.TarInfo(rng.choice((*_NAMES, f"{sandbox.canary}/new")) or "x"), tarfile.TarInfo("a.bin")
    info.type, sound.size = rng.choice((*kinds, tarfile.REGTYPE, tarfile.REGTYPE)), 5
    info.linkname = rng.choice((str(sandbox.canary / "secret.txt"), "../../../canary/secret.txt", "a.bin", info.name))
    info.size = rng.choice((0, 5, 5, 1 << 20)) if info.isreg() else 0
    info.mode, info.uid = rng.choice((0o000, 0o777, 0o4777)), rng.choice((0, 99_999))
    form = rng.choice((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT))
    mode = "w:gz" if path.name.endswith("gz") else "w:bz2" if path.name.endswith("bz2") else "w"
    with tarfile.open(path, mode, format=form, errors="surrogateescape") as archive:
        archive.addfile(sound, io.BytesIO(b"sound"))
        archive.addfile(info, io.BytesIO(bytes(info.size)))
        if rng.random() < 0.5:  # through a link that was just unpacked
            through = tarfile.TarInfo(f"{info.name[:40]}/through")
            through.size = 1
            archive.addfile(through, io.BytesIO(b"x"))
    return f"the member {info.name[:40]!a} of type {info.type!r} to {info.linkname[-30:]!r}"


def odd_array(rng: Random, path: Path, _: Sandbox) -> str:
    """Gives an array of an npz archive a header that lies, or other numbers."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(sorted(members))
    shape = rng.choice(
        ("(32, 3)", "(32,)", "()", "(-1,)", "(1099511627776,)", "(2, 99999999999)", "(0, 3)", "(32.5,)", "[32]", "None")
    )
    kind = rng.choice(("<f4", "|O", "<U9999999", "|V4", "<M8[s]", ">i8", "|S0", "<c16", "xyz", "?", "<f2", "|b1"))
    order = rng.choice(("False", "True", "1", "__import__('os')"))
    header = f"{{'descr': {kind!r}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    version = rng.choice(((1, 0), (1, 0), (2, 0), (3, 0), (9, 9)))
    size = struct.pack("<H" if version == (1, 0) else "<I", rng.choice((len(header) + 1, 0, 65_535)))
    members[name] = (
        b"\x93NUMPY" + bytes(version) + size + header + b"\n" + rng.choice((b"", members[name][-64:], bytes(9_999)))
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in members.items():
            archive.writestr(each, content)
    return f"{name} has the header {header.decode()} of version {version}"
