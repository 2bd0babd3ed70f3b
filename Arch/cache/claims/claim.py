"""`Claims/<run>/<generation>.json`: one attempt at a run, its holder, its first step and how it ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from Arch import files
from Arch.cache.claims.holder import Holder
from Arch.cache.fields import Fields
from Arch.errors import CorruptEntryError, NotAFileError

TTL = 60.0  # seconds without a heartbeat after which a holder on another host counts as dead
_LONGEST = 9  # digits of an attempt's number
_UNKNOWN = Holder("", "", "", 0, 0, "")


@dataclass(frozen=True)
class Claim:
    """An attempt at a run.

    Attributes:
        path: the claim's file.
        generation: the attempt's number, from 1; the latest counts.
        holder: the process that makes the run.
        device: the device that the run is made on, for display.
        since: when the attempt started, in UTC.
        step: how many steps its checkpoint had done when the attempt started.
        ttl: seconds in which the holder renews the file's modification time (the heartbeat) three times.
        is_forced: whether a user requested the attempt in spite of earlier failures.
        end: empty while the claim is held, else `stopped`, `failed` or `crashed`.
    """

    path: str
    generation: int
    holder: Holder
    device: str
    since: str
    step: int
    ttl: float
    is_forced: bool
    end: str = ""

    @classmethod
    def read(cls, path: str, generation: int) -> Self:
        """Reads a claim; one whose content is damaged counts as crashed.

        Raises:
            FileNotFoundError: there is no such file; DiskError: it cannot be read, or is no file.
        """
        try:
            fields = Fields(files.read_json(path), path)
            if fields.seconds("Ttl") == 0:
                raise fields.invalid("Ttl", "a positive number of seconds")
            return cls(
                path,
                generation,
                Holder.of(fields.inside("Holder")),
                fields.text("Device"),
                fields.text("Since"),
                fields.count("Place"),
                fields.seconds("Ttl"),
                bool(fields.document.get("Forced")),
                fields.text("End"),
            )
        except NotAFileError:  # no program wrote this as a claim, so nothing is known of the attempt
            raise
        except CorruptEntryError:
            return cls(path, generation, _UNKNOWN, "", "", 0, 0.0, is_forced=False, end="crashed")

    def text(self) -> str:
        """Returns the content of the claim's file."""
        document: dict[str, Any] = {
            "Holder": self.holder.document(),
            "Device": self.device,
            "Since": self.since,
            "Place": self.step,
            "Ttl": self.ttl,
            "Forced": self.is_forced,
            "End": self.end,
        }
        return files.json_text(document)

    def is_silent(self) -> bool:
        """Returns whether there was no heartbeat for five times the TTL, by comparing the clocks of two hosts.

        Clocks of hosts differ, so this is for display only; to take a run over, use `Heartbeats`.

        Raises:
            DiskError: its file cannot be read.
        """
        try:
            return time.time() - files.changed_at(self.path) / 1e9 > 5 * self.ttl
        except FileNotFoundError:
            return True

    def seems_held(self) -> bool:
        """Returns whether the holder lives: exactly on this host, else by its heartbeats; raises as `is_silent`."""
        if self.end:
            return False
        return self.holder.is_alive() if self.holder.is_local else not self.is_silent()


def claims_backwards(folder: str) -> Iterator[Claim]:
    """Reads the claims in a run's claim folder, the latest first; raises DiskError."""
    for generation in sorted(map(generation_of, files.list_folder(folder)), reverse=True):
        if generation:
            try:
                yield Claim.read(claim_path(folder, generation), generation)
            except FileNotFoundError:  # the run was committed meanwhile
                continue


def claim_path(folder: str, generation: int) -> str:
    """Returns the path of the claim of the n-th attempt."""
    return f"{folder}/{generation:06d}.json"


def generation_of(name: str) -> int:
    """Returns the attempt's number in a file name, or 0 for a name that is not a claim's."""
    stem = name.removesuffix(".json")
    is_number = stem != name and stem.isdecimal() and stem.isascii() and 6 <= len(stem) <= _LONGEST
    return int(stem) if is_number and f"{int(stem):06d}" == stem else 0
