"""`Failure.json`: why the last attempt at a run failed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, cast, get_args

from Arch import files
from Arch.cache.claims.claim import Claim
from Arch.cache.fields import Fields
from Arch.cache.layout import FAILURE
from Arch.errors import CorruptEntryError
from Arch.faults import is_disk_error, is_out_of_memory, message_of
from Arch.units import utc_now

Kind = Literal["error", "out-of-memory", "timeout", "crash"]
LOG_LINES = 40


@dataclass(frozen=True)
class Failure:
    """A failed attempt at a run.

    Attributes:
        run: the run's index.
        kind: an `error` that the program raised, `out-of-memory`, a `timeout`, or a `crash`: the process ended without
            an error of its own, or the disk refused.
        error: the error's class, or the signal or exit code in words.
        message: the error's message.
        traceback: as Python prints it; empty after a crash.
        time: when it failed, in UTC, as `2025-01-31T12:00:00Z`.
        host: the name of the machine.
        device: the device that the run was made on.
        attempt: the attempt's number, from 1; 0 if unknown.
        exit_code: the exit code of the process, if known.
        signal: the signal that ended the process, such as `SIGKILL`; empty if none did.
        log: the last lines of the run's log.
    """

    run: int
    kind: Kind
    error: str
    message: str
    traceback: str = ""
    time: str = ""
    host: str = ""
    device: str = ""
    attempt: int = 0
    exit_code: int | None = None
    signal: str = ""
    log: str = ""

    @classmethod
    def of(cls, error: BaseException, run: int, claim: Claim, log: str = "") -> Self:
        """Describes an attempt that ended in an `error` of this process.

        Args:
            error: what was raised.
            run: the run's index.
            claim: the attempt's claim.
            log: the last lines of the run's log.
        """
        import traceback  # a cached answer must not pay for this import

        return cls(
            run=run,
            kind=_kind(error),
            error=type(error).__name__,
            message=message_of(error),
            traceback="".join(traceback.format_exception(error)),
            time=utc_now(),
            host=claim.holder.host,
            device=claim.device,
            attempt=claim.generation,
            log=log,
        )

    def __str__(self) -> str:
        """Returns the class and the message."""
        return f"{self.error}: {self.message}"


def _kind(error: BaseException) -> Kind:
    if is_out_of_memory(error):
        return "out-of-memory"
    return "crash" if is_disk_error(error) else "error"


def save(folder: Path, failure: Failure) -> None:
    """Writes a failure into a run's work folder. Raises DiskError."""
    document: dict[str, Any] = {
        "Run": failure.run,
        "Kind": failure.kind,
        "Error": failure.error,
        "Message": failure.message,
        "Traceback": failure.traceback,
        "Time": failure.time,
        "Host": failure.host,
        "Device": failure.device,
        "Attempt": failure.attempt,
        "ExitCode": failure.exit_code,
        "Signal": failure.signal,
        "Log": failure.log,
    }
    files.make_folder(folder)
    files.write_json(folder / FAILURE, document)


def read(folder: Path, run: int) -> Failure | None:
    """Reads the failure in a run's work folder, or returns None; a damaged record is a failure, too.

    Raises:
        DiskError: it cannot be read.
    """
    path = f"{folder}/{FAILURE}"
    try:
        return _failure(Fields(files.read_json(path), path), run)
    except FileNotFoundError:
        return None
    except CorruptEntryError as problem:
        return Failure(run, "error", "CorruptEntryError", str(problem))


def _failure(fields: Fields, run: int) -> Failure:
    document = fields.document
    kind = document.get("Kind", "error")
    if kind not in get_args(Kind):
        raise fields.invalid("Kind", f"one of {', '.join(get_args(Kind))}")
    texts = {name.lower(): fields.text(name) for name in ("Error", "Message", "Traceback", "Time")}
    later = {name.lower(): fields.text(name) for name in ("Host", "Device", "Signal", "Log") if name in document}
    attempt = fields.count("Attempt") if "Attempt" in document else 0
    exit_code = None if document.get("ExitCode") is None else fields.integer("ExitCode")
    return Failure(run, cast("Kind", kind), **texts, **later, attempt=attempt, exit_code=exit_code)
