"""Taking a lease: of all that want a run one gets it, whoever held it before being dead or done."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from typing import TYPE_CHECKING

from Arch import files
from Arch.cache.leases.claim import TTL, Claim, claim_path
from Arch.cache.leases.holder import Holder
from Arch.cache.leases.lease import Lease
from Arch.cache.leases.sightings import Sightings
from Arch.errors import CacheAccessError, CacheError, RunDoneError, RunHeldError

if TYPE_CHECKING:
    from Arch.cache.entry import Entry


def take(
    entry: Entry, index: int, sightings: Sightings, *, device: str = "", is_forced: bool = False, ttl: float = TTL
) -> Lease:
    """The lease of a run; raises as `Entry.take` does."""
    work = entry.work(index)
    while True:
        _refuse_done(entry, index)
        latest = next(work.claims_backwards(), None)
        if latest is not None and sightings.is_held(latest):
            raise RunHeldError(f"run {index} of {entry.path} is being made by {latest.holder} since {latest.since}.")
        claim = Claim(
            path=claim_path(work.claims_folder, latest.generation + 1 if latest else 1),
            generation=latest.generation + 1 if latest else 1,
            holder=Holder.this_process(os.urandom(8).hex()),
            device=device,
            since=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            place=work.checkpoints.place(),
            ttl=ttl,
            is_forced=is_forced,
        )
        if _put(work.claims_folder, claim):
            break
    lease = Lease(entry, index, claim)
    if entry.has_run(index):  # committed between the look and the claim, whose number may thus be an old one
        files.remove(claim.path)
        _refuse_done(entry, index)
    return lease


def _put(folder: str, claim: Claim) -> bool:
    """Puts a claim in place and says whether it is there: not if another one of its number came first."""
    try:
        files.make_folder(folder)
        if files.write_new(claim.path, claim.text()):
            return True
        # A network file system may have put it in place and lost the answer.
        return Claim.read(claim.path, claim.generation).holder.nonce == claim.holder.nonce
    except FileNotFoundError:
        return False
    except CacheAccessError as error:
        if error.errno != errno.ENOENT:  # else the run was committed meanwhile, and its claims removed
            raise
        return False


def _refuse_done(entry: Entry, index: int) -> None:
    if entry.has_run(index):
        with contextlib.suppress(CacheError):  # leftovers are harmless, and the cache may be read-only for us
            entry.work(index).clear()
        raise RunDoneError(f"run {index} of {entry.path} is there already.")
