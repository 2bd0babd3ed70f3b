"""Words for experiments that cannot be read or run: a line for each, and what to do about changed defaults once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from Arch.errors import ArchError, ChangedDefaultError, why

MOST = 20  # lines about changed defaults


def ways_out(errors: Iterable[ArchError | None]) -> list[str]:
    """Returns the remedies of the changed defaults among the errors, each once, with the number of experiments."""
    counts = Counter(error.ways_out for error in errors if isinstance(error, ChangedDefaultError))
    return [f"{count} experiment{' was' if count == 1 else 's were'} {remedy}" for remedy, count in counts.items()]


def left_out(errors: Sequence[ArchError]) -> list[str]:
    """Returns the lines about experiments that are left out; a single changed default gives its full message."""
    changed = [error for error in errors if isinstance(error, ChangedDefaultError)]
    if len(changed) < 2:
        return [f"error: left out: {error}" for error in errors]
    lines = [f"error: left out: {error}" for error in errors if not isinstance(error, ChangedDefaultError)]
    lines += [f"error: left out: {error.fingerprint[:12]}: {why(error)}" for error in changed[:MOST]]
    if len(changed) > MOST:
        lines.append(f"... and {len(changed) - MOST} more; `main.py status` shows them all")
    return [*lines, *ways_out(changed)]
