"""Takes the lease of a run: if several processes try, one gets it, unless a living process holds it."""

from __future__ import annotations

import contextlib
import errno
import os

from Arch import files
from Arch.cache.attempts.work import Work
from Arch.cache.claims.claim import TTL, Claim, claim_path
from Arch.cache.claims.heartbeats import Heartbeats
from Arch.cache.claims.holder import Holder, mark_released
from Arch.cache.folder import EntryFolder
from Arch.cache.making.lease import Lease
from Arch.cache.making.writer import finish
from Arch.errors import CacheError, DiskError, RunDoneError, RunHeldError
from Arch.units import utc_now

_ATTEMPTS = 100


def take(
    entry: EntryFolder,
    index: int,
    heartbeats: Heartbeats,
    *,
    device: str = "",
    is_forced: bool = False,
    ttl: float = TTL,
) -> Lease:
    """Takes the lease of a run; arguments and errors are those of `Entry.take`, and `ttl` is that of the claim."""
    work, known = entry.work(index), 0
    for _ in range(_ATTEMPTS):
        _refuse_done(entry, index)
        latest = _latest(work, known)
        if latest is not None and heartbeats.is_held(latest):
            raise RunHeldError(
                f"run {index} of {entry.path} is being made by {latest.holder} since {latest.since}.", latest
            )
        known = latest.generation + 1 if latest else 1
        claim = Claim(
            path=claim_path(work.claims_folder, known),
            generation=known,
            holder=Holder.this_process(os.urandom(8).hex()),
            device=device,
            since=utc_now(),
            step=work.checkpoints.step(),
            ttl=ttl,
            is_forced=is_forced,
        )
        lease = Lease(entry, index, claim)
        if _is_established(lease, latest, heartbeats):
            return lease
        entry.require_opened()
    raise CacheError(
        f"run {index} of {entry.path} cannot be taken, because its claims are removed as soon as they are written. "
        "Find the program that removes them, then give the command again."
    )


def _is_established(lease: Lease, latest: Claim | None, heartbeats: Heartbeats) -> bool:
    """Writes the claim of a lease and returns whether the lease is valid; otherwise removes the claim again.

    Raises:
        CacheError: a run in the entry is damaged; DiskError: the cache cannot be read or written.
    """
    claim, entry, is_ours = lease.claim, lease.entry, False
    try:
        if _put(claim):
            # Meanwhile another process may have committed the run, removed the entry or adopted the claim `latest`.
            is_ours = entry.exists and not entry.has_run(lease.index) and not _is_adopted(latest, heartbeats)
    finally:
        if not is_ours:
            mark_released(claim.holder.nonce)
            with contextlib.suppress(CacheError, DiskError, FileNotFoundError):
                if _is_written(claim):
                    files.remove(claim.path)
    return is_ours


def _latest(work: Work, known: int) -> Claim | None:
    """Returns the claim of the highest generation on a run, or None.

    A stale NFS listing may lack the claim of generation `known`, so it is also looked up by its path.
    """
    latest = next(work.claims_backwards(), None)
    if known <= (latest.generation if latest else 0):
        return latest
    try:
        return Claim.read(claim_path(work.claims_folder, known), known)
    except FileNotFoundError:
        return latest


def _is_adopted(before: Claim | None, heartbeats: Heartbeats) -> bool:
    """Returns whether the claim `before` has a new, living holder, to which the lease was handed meanwhile.

    See `Lease.adopt`; the earlier holder was dead when the claim was read.
    """
    try:
        now = Claim.read(before.path, before.generation) if before else None
    except FileNotFoundError:
        return False
    return now is not None and before is not None and now.holder != before.holder and heartbeats.is_held(now)


def _put(claim: Claim) -> bool:
    """Writes a claim; returns False if another process wrote this generation first, or the claim was removed."""
    try:
        files.make_folder(claim.path.rpartition("/")[0])
        files.write_new(claim.path, claim.text())
    except DiskError as error:
        # ENOENT: the run was committed meanwhile and its claims were removed. After any other error the claim may exist
        # all the same: a step after the write failed, or a network file system lost the reply.
        if error.errno != errno.ENOENT and not _is_written(claim):
            raise
    return _is_written(claim)


def _is_written(claim: Claim) -> bool:
    try:
        return Claim.read(claim.path, claim.generation).holder.nonce == claim.holder.nonce
    except FileNotFoundError:
        return False


def _refuse_done(entry: EntryFolder, index: int) -> None:
    if entry.has_run(index):
        if index in entry.attempted_runs():
            finish(entry, index)  # the process that committed the run may have been killed before its own `finish`
        raise RunDoneError(f"run {index} of {entry.path} is finished already.")
