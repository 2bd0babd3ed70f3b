"""Downloads, verifies and unpacks datasets, once for all processes that need them.

    <root>/<name>/                   the data; the folder appears complete, by a single rename
    <root>/<name>.digests.json       the SHA-256 of the downloaded files, compared when they may have changed
    <root>/.fetching/<name>/         unfinished downloads; a killed download is resumed from here

One process downloads while it holds a lock and the others wait; the lock is also released if the process dies.
"""

from __future__ import annotations

import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from Arch.datasets.access import ANOTHER_FOLDER, unreadable, unwritable
from Arch.datasets.download.answers import BrokenTransferError
from Arch.datasets.download.checksums import Checksums, Digests, digests_of
from Arch.datasets.download.kinds import wrong_content
from Arch.datasets.download.locking import locked
from Arch.datasets.download.parts import Part
from Arch.datasets.download.transfer import Report, transfer
from Arch.datasets.download.unpack import is_archive, unpack
from Arch.errors import DataError
from Arch.units import size_text

_LARGER, _ALLOWANCE = 4, 1 << 26  # a file may have 4 times its approximate size and 64 MiB


@dataclass(frozen=True)
class Remote:
    """A file that can be downloaded.

    Attributes:
        url: its address.
        filename: its local name; an archive (`Arch.datasets.download.unpack`) is unpacked and not kept.
        md5: published by its authors or torchvision, in hexadecimal digits; empty if not published.
        sha256: the same.
        size: approximate size in bytes; a file that is far larger is refused; 0 if not known.
        mirrors: further addresses, tried in order.
    """

    url: str
    filename: str
    md5: str = ""
    sha256: str = ""
    size: int = 0
    mirrors: tuple[str, ...] = ()

    @property
    def most(self) -> int | None:
        """The largest size that is accepted, since `size` is approximate; None if it is not known."""
        return _LARGER * self.size + _ALLOWANCE if self.size else None


@dataclass(frozen=True)
class Source:
    """The files of one dataset folder.

    Attributes:
        name: path of the dataset folder relative to the data folder; may contain `/`.
        files: the files to download.
        top: the folder in the unpacked archives that becomes the dataset folder; empty for all unpacked files.
    """

    name: str
    files: tuple[Remote, ...]
    top: str = ""

    @property
    def size(self) -> int:
        """Approximate number of bytes to download; a file of unknown size counts as 0."""
        return sum(file.size for file in self.files)


def log_report(name: str, done: int, total: int | None) -> None:
    """Logs the start of each step, so that the log of a run that waits for its data shows why."""
    if done == 0:
        logging.getLogger(__name__).warning("fetching data: %s%s", name, f" ({size_text(total)})" if total else "")


def fetched(root: Path, source: Source, report: Report = log_report) -> Path:
    """Returns the folder of a source, after downloading, verifying and unpacking it if it is missing.

    Files that are not archives are verified again if their size or modification time has changed; those that the user
    put there are verified too. A `.gz` file may be replaced by the decompressed file, which is not verified.

    Args:
        root: the data folder.
        source: the files to download.
        report: called at each step.

    Raises:
        DataError: a file cannot be downloaded or its digest differs from the published or recorded one, or `root`
            cannot be written.
    """
    folder = root / source.name
    if not is_downloaded(folder):
        work = root / ".fetching" / source.name.replace("/", "-")
        with locked(work):
            if not is_downloaded(folder):
                _fetch(source, folder, work, report)
    for file in source.files:
        path = folder / file.filename
        is_decompressed = path.suffix == ".gz" and path.with_suffix("").exists() and not path.exists()
        if not is_archive(file.filename) and not is_decompressed:
            Checksums(folder).check(path, file)
    return folder


def is_downloaded(folder: Path) -> bool:
    """Returns whether `folder` is a folder that is not empty; an empty one counts as missing data.

    Raises:
        DataError: the folder cannot be listed, or is a file.
    """
    try:
        with os.scandir(folder) as found:
            return next(found, None) is not None
    except FileNotFoundError:
        return False
    except NotADirectoryError as error:
        if not os.path.lexists(folder):  # a folder above it is a file
            return False
        raise DataError(
            f"{folder} is a file, but must be the folder of the data. Move it away, or use another data folder.", folder
        ) from error
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
        shutil.rmtree(unpacked, ignore_errors=True)  # left by a killed process
        (unpacked / source.top).mkdir(parents=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        for file in source.files:
            _place(work / file.filename, unpacked, unpacked / source.top, report)
        if not any((unpacked / source.top).iterdir()):
            raise DataError(f"the archives downloaded for {folder} contain no {source.top}/. Remove {work}.", work)
        for file, digests in zip(source.files, found, strict=True):
            checksums.remember(work / file.filename, digests, file)
        os.sync()  # so that the folder is complete or absent after a power failure, too
        (unpacked / source.top).rename(folder)
    except OSError as error:
        raise unwritable(folder, error) from error


def _place(path: Path, unpacked: Path, top: Path, report: Report) -> None:
    if is_archive(path.name):
        report(f"unpacking {path.name}", 0, None)
        unpack(path, unpacked)
    else:  # linked, not moved: a killed process then leaves the download to be reused
        try:
            os.link(path, top / path.name)
        except OSError:
            shutil.copy2(path, top / path.name)


def _download(file: Remote, target: Path, folder: Path, report: Report) -> Digests:
    """Downloads a file, verifies its published digests or else its kind, and then renames it to `target`."""
    part = Part(target.with_name(target.name + ".part"))
    reasons = []
    for url in (file.url, *file.mirrors):
        for _ in range(2):  # a resumed download that is corrupt is retried from the start
            is_fresh = not part.path.exists()
            try:
                transfer(url, part.path, report, file.most)
            except BrokenTransferError as error:
                reasons.append(f"{error} ({url})")
                break
            report(f"verifying {file.filename}", 0, None)
            found = digests_of(part.path)
            wrong = _difference(file, part.path, found)
            if not wrong:
                part.path.replace(target)
                return found
            part.discard()
            if is_fresh:
                reasons.append(f"it has {wrong} ({url})")
                break
    kept = " (a partial download is kept)" if part.size else ""
    raise DataError(
        f"cannot download {file.filename}: {'; '.join(reasons)}. Try again later{kept}, or get it elsewhere and put "
        f"its content into {folder}.",
        folder,
    )


def _difference(file: Remote, path: Path, found: Digests) -> str:
    """Describes in what a downloaded file differs from what it should be; a published digest proves it by itself."""
    wrong = found.differing(file.md5, file.sha256)
    if not wrong and (file.md5 or file.sha256):
        return ""
    return wrong_content(path, file.filename) or wrong
