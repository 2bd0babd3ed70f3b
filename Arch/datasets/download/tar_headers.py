"""Reads the headers of tar archives strictly: Python's reader takes a damaged header for the end of the archive."""

from __future__ import annotations

import tarfile
from pathlib import Path

_LONGEST = 1 << 20  # bytes of a header that extends another one: long names, times, owners
_EXTENDING = frozenset(
    {
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
    }
)


class StrictHeader(tarfile.TarInfo):
    """A header of a tar archive that is refused if it is damaged, also where the archive would appear to end there."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> StrictHeader:
        """Parses a header; raises tarfile.ReadError if an extending one would be read into memory at any length."""
        found = super().frombuf(buf, encoding, errors)
        if found.type in _EXTENDING and found.size > _LONGEST:
            raise tarfile.ReadError(f"a header of {found.size} bytes")
        return found

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile, /) -> StrictHeader:
        """Reads the next header; raises tarfile.ReadError if it is damaged or incomplete and not the first one."""
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.HeaderError as error:
            is_end = type(error).__name__ in {"EOFHeaderError", "EmptyHeaderError"}
            if is_end or not tarfile_.offset:  # the first one tells `tarfile.open` whether this is a tar archive
                raise
            raise tarfile.ReadError(f"damaged header after {tarfile_.offset} bytes") from error


def open_tar(path: Path) -> tarfile.TarFile:
    """Opens a tar archive of any compression for reading; raises as `tarfile.open` does."""
    return tarfile.open(path, tarinfo=StrictHeader)
