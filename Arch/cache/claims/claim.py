"""`Claims/<run>/<generation>.json`: one attempt at a run, by whom, from where, and how it ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from Arch import files
from Arch.cache.claims.holder import Holder
from Arch.cache.fields import Fields
from Arch.errors import CorruptEntryError

TTL = 60.0  # seconds without a sign of life after which a holder elsewhere counts as dead
_NOBODY = Holder("", "", "", 0, 0, "")


@dataclass(frozen=True)
class Claim:
    """An attempt at a run.

    Attributes:
        path: its file.
        generation: the attempt's number, from 1; the latest is the one that counts.
        holder: who makes it.
        device: on what, for people.
        since: when it began, in UTC.
        step: how many steps its checkpoint had done when the attempt started.
        ttl: its holder shows a sign of life three times in so many seconds.
        is_forced: whether a person asked for it after failures.
        end: empty while it holds, else `stopped`, `failed` or `crashed`.
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
        """The claim in a file; one that nobody can read any more counts as crashed.

        Raises:
            FileNotFoundError: it is gone; DiskError: it cannot be read.
        """
        try:
            fields = Fields(files.read_json(path), path)
            if fields.number("Ttl") <= 0:
                raise fields.unfit("Ttl", "a positive number of seconds")
            return cls(
                path,
                generation,
                Holder.of(Fields(fields.mapping("Holder"), path)),
                fields.text("Device"),
                fields.text("Since"),
                fields.integer("Place"),
                fields.number("Ttl"),
                bool(fields.document.get("Forced")),
                fields.text("End"),
            )
        except CorruptEntryError:
            return cls(path, generation, _NOBODY, "", "", 0, 0.0, is_forced=False, end="crashed")

    def text(self) -> str:
        """What its file holds."""
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
        """Whether its holder elsewhere seems long dead to an onlooker.

        Clocks of two machines differ, so this is for showing only; who wants the run watches it (`Heartbeats`).

        Raises:
            DiskError: its file cannot be read.
        """
        try:
            return time.time() - files.changed_at(self.path) / 1e9 > 5 * self.ttl
        except FileNotFoundError:
            return True

    def seems_held(self) -> bool:
        """Whether its holder lives: exact for one on this machine, else by the signs of life; raises as `is_silent`."""
        if self.end:
            return False
        return self.holder.is_alive() if self.holder.is_local else not self.is_silent()


def claims_backwards(folder: str) -> Iterator[Claim]:
    """The claims in a run's claim folder, the latest first; raises DiskError."""
    for generation in sorted(map(generation_of, files.list_folder(folder)), reverse=True):
        if generation:
            try:
                yield Claim.read(claim_path(folder, generation), generation)
            except FileNotFoundError:  # the run was committed meanwhile
                continue


def claim_path(folder: str, generation: int) -> str:
    """The file of the n-th attempt."""
    return f"{folder}/{generation:06d}.json"


def generation_of(name: str) -> int:
    """Which attempt a file name stands for, 0 for what is none of ours."""
    stem = name.removesuffix(".json")
    return int(stem) if stem != name and stem.isdecimal() and len(stem) >= 6 else 0
