"""Checks the entries of the cache: damage, stale leases, failures, leftovers, clock skew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from Arch import files
from Arch.cache import layout
from Arch.cache.attempts.attempt import MOST_CRASHES, Attempt, State
from Arch.cache.entry import Entry
from Arch.planning.overview import Overview, of_entry
from Arch.planning.selection import names_in
from Arch.planning.workspace import Workspace
from Arch.units import age_text, size_text
from Arch.upkeep.doctor.finding import Finding, ok, problem, warning
from Arch.upkeep.trash.pruning import Criteria, prunable

_SLACK = 120.0  # seconds that the clocks of two machines may differ
_FEW = 3


def check_cache(workspace: Workspace, now: float) -> Iterator[Finding]:
    """Yields the findings about the entries and the trash; raises DiskError.

    Args:
        workspace: the cache and its rules.
        now: the present time, in seconds since 1970.
    """
    root = workspace.store.root
    names = names_in(root)
    found = [of_entry(Entry(root / name), workspace.resolver.rules) for name in names]
    yield from _states(found)
    yield from _attempts(found)
    leftovers = prunable(root, names, Criteria(is_orphan=True), now)
    if leftovers:
        size = size_text(sum(target.size for target in leftovers))
        yield warning("leftovers", f"{len(leftovers)} unused, {size}", "`prune --orphans` shows them")
    else:
        yield ok("leftovers", "none")
    trash = files.measure(root / layout.TRASH)
    yield ok("trash", f"{size_text(trash.size)}; `rm --forget` empties it" if trash.size else "empty")
    yield _clock(max((files.measure(root / name).changed for name in names), default=0.0), now)


def _states(found: Sequence[Overview]) -> Iterator[Finding]:
    corrupt = [each for each in found if each.status.state is State.CORRUPT]
    if corrupt:
        yield problem("entries", f"{len(corrupt)} damaged: {_named(corrupt)}", "`status` shows the problem of each")
    else:
        yield ok("entries", f"{len(found)}, none of them damaged (`verify` reads every byte)")
    changed = [each for each in found if each.status.state is State.CHANGED]
    if changed:
        remedy = "restore the rules, or rename the entries: `rehash` shows how"
        yield warning("rules of entries", f"{len(changed)} made under other rules: {_named(changed)}", remedy)
    stale = [each for each in found if each.status.state is State.STALE]
    if stale:
        remedy = "they are still valid results; `rm` them and run their configs again to use the present code"
        yield warning("versions", f"{len(stale)} made before a component changed: {_named(stale)}", remedy)


def _attempts(found: Sequence[Overview]) -> Iterator[Finding]:
    pairs = [(each, attempt) for each in found for attempt in each.status.attempts]
    dead = [each for each, attempt in pairs if _is_stale(attempt)]
    if dead:
        remedy = "nothing is lost: the next `-e` or `-c` resumes them from their last checkpoints"
        yield warning("leases", f"{len(dead)} whose holder died: {_named(dead)}", remedy)
    else:
        held = sum(attempt.state is State.RUNNING for _, attempt in pairs)
        yield ok("leases", f"{held} held by living processes, none stale")
    hopeless = [each for each, attempt in pairs if attempt.crashes >= MOST_CRASHES]
    if hopeless:
        sentence = f"{len(hopeless)} crashed {MOST_CRASHES} times without progress: {_named(hopeless)}"
        yield problem("crashes", sentence, "`status` and `tail` show where; `retry` tries once more")
    failed = [each for each, attempt in pairs if attempt.state is State.FAILED and each not in hopeless]
    if failed:
        yield warning("failures", f"{len(failed)} failed: {_named(failed)}", "`status` shows why; `retry` tries again")


def _is_stale(attempt: Attempt) -> bool:
    """Returns whether an attempt has an unended claim of a dead process."""
    return attempt.claim is not None and not attempt.claim.end and attempt.state is not State.RUNNING


def _named(found: Sequence[Overview]) -> str:
    names = [each.entry.fingerprint[:8] for each in found]
    return ", ".join(names[:_FEW]) + (f" and {len(names) - _FEW} more" if len(names) > _FEW else "")


def _clock(newest: float, now: float) -> Finding:
    if newest > now + _SLACK:
        sentence = f"a file in the cache has a time {age_text(newest - now)} in the future"
        return warning("clock", sentence, "correct the clock of this machine, or of the file server")
    return ok("clock", "no file in the cache has a time in the future")
