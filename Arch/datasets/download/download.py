"""Data that have an address: downloaded, verified and unpacked once, however many processes want them.

    <root>/<name>/                   the data; this folder appears whole, by one rename, or not at all
    <root>/<name>.digests.json       the SHA-256 of what was downloaded, to be compared with later
    <root>/.fetching/<name>/         files on their way; a killed download goes on from here

One process downloads while it holds a lock, which ends with it, and the others wait for it.
"""

from __future__ import annotations

import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from Arch.datasets.access import ANOTHER_FOLDER, unreadable, unwritable
from Arch.datasets.download.checksums import Checksums, Digests, digests_of
from Arch.datasets.download.locking import locked
from Arch.datasets.download.transfer import BrokenTransferError, Report, discard, transfer
from Arch.datasets.download.unpack import is_archive, looks_like_archive, unpack
from Arch.errors import DataError
from Arch.units import size_text


@dataclass(frozen=True)
class Remote:
    """A file with an address.

    Attributes:
        url: where it is.
        filename: what it is called here; an archive (`Arch.datasets.download.unpack`) is unpacked and not kept.
        md5: as its makers or torchvision publish it, in hex digits; empty where nobody does.
        sha256: likewise.
        size: its size in bytes, roughly, for people to read; 0 where it is not known.
        mirrors: other addresses, tried in order.
    """

    url: str
    filename: str
    md5: str = ""
    sha256: str = ""
    size: int = 0
    mirrors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """Files that make up one folder of data.

    Attributes:
        name: the folder below the folder of data, perhaps with `/`.
        files: what comes into it.
        top: the folder within the unpacked archives that becomes this folder; empty for all that was unpacked.
    """

    name: str
    files: tuple[Remote, ...]
    top: str = ""

    @property
    def size(self) -> int:
        """Bytes to download, roughly; 0 where that is not known."""
        return sum(file.size for file in self.files)


def log_report(name: str, done: int, total: int | None) -> None:
    """Notes the beginning of each step, for whoever watches a run that has no data yet."""
    if done == 0:
        logging.getLogger(__name__).warning("fetching data: %s%s", name, f" ({size_text(total)})" if total else "")


def fetched(root: Path, source: Source, report: Report = log_report) -> Path:
    """The folder of a source, downloaded, verified and unpacked unless it is there.

    Files that are kept as they are (no archives) are compared with their digests again whenever their size or time
    has changed, and also when somebody has put them there by hand. Who has decompressed a `.gz` need not keep it.

    Args:
        root: the folder of data.
        source: what.
        report: is told of every step.

    Raises:
        DataError: it cannot be downloaded, is not what is published or what it was before, or `root` cannot be
            written.
    """
    folder = root / source.name
    if not is_there(folder):
        work = root / ".fetching" / source.name.replace("/", "-")
        with locked(work):
            if not is_there(folder):
                _fetch(source, folder, work, report)
    for file in source.files:
        path = folder / file.filename
        is_decompressed = path.suffix == ".gz" and path.with_suffix("").exists() and not path.exists()
        if not is_archive(file.filename) and not is_decompressed:
            Checksums(folder).check(path, file)
    return folder


def is_there(folder: Path) -> bool:
    """Whether there is anything: an empty folder makes room for data.

    Raises:
        DataError: one cannot look.
    """
    try:
        with os.scandir(folder) as found:
            return next(found, None) is not None
    except FileNotFoundError:
        return False
    except NotADirectoryError:
        return folder.is_file()
    except OSError as error:
        raise unreadable(folder, error, ANOTHER_FOLDER) from error


def _fetch(source: Source, folder: Path, work: Path, report: Report) -> None:
    checksums, found = Checksums(folder), list[Digests]()
    for file in source.files:
        path = work / file.filename
        found.append(digests_of(path) if path.exists() else _download(file, path, folder, report))
        checksums.compare(path, found[-1], file)
    unpacked = work / "unpacked"
    try:
        shutil.rmtree(unpacked, ignore_errors=True)  # what a killed process has left
        (unpacked / source.top).mkdir(parents=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        for file in source.files:
            _place(work / file.filename, unpacked, unpacked / source.top, report)
        if not any((unpacked / source.top).iterdir()):
            raise DataError(f"what was downloaded for {folder} has no {source.top}/ in it. Remove {work}.", work)
        for file, digests in zip(source.files, found, strict=True):
            checksums.remember(work / file.filename, digests, file)
        os.sync()  # so that after a power failure, too, the folder is whole or absent
        (unpacked / source.top).rename(folder)
    except OSError as error:
        raise unwritable(folder, error) from error


def _place(path: Path, unpacked: Path, top: Path, report: Report) -> None:
    if is_archive(path.name):
        report(f"unpacking {path.name}", 0, None)
        unpack(path, unpacked)
    else:  # a second name, so that a kill before the end costs no download
        try:
            os.link(path, top / path.name)
        except OSError:
            shutil.copy2(path, top / path.name)


def _download(file: Remote, target: Path, folder: Path, report: Report) -> Digests:
    """Brings a file under its name once it is whole and, where a digest is published, verified."""
    part = target.with_name(target.name + ".part")
    reasons = []
    for url in (file.url, *file.mirrors):
        for _ in range(2):  # what was joined from two attempts may be wrong where a fresh one is right
            is_fresh = not part.exists()
            try:
                transfer(url, part, report)
            except BrokenTransferError as error:
                reasons.append(f"{error} ({url})")
                break
            report(f"verifying {file.filename}", 0, None)
            found = digests_of(part)
            wrong = found.differing(file.md5, file.sha256)
            if not wrong and is_archive(file.filename) and not looks_like_archive(part, file.filename):
                wrong = "other content than an archive"
            if not wrong:
                part.replace(target)
                return found
            discard(part)
            if is_fresh:
                reasons.append(f"it has {wrong} ({url})")
                break
    raise DataError(
        f"cannot download {file.filename}: {'; '.join(reasons)}. Try again later (what has come is kept), or get it "
        f"elsewhere and put what is in it into {folder}.",
        folder,
    )
