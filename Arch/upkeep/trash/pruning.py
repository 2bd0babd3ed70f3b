"""Selects what can be removed: by age, by size, failed attempts, and orphans."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from Arch import files
from Arch.cache import layout
from Arch.cache.attempts.attempt import Attempt, State, attempt_at
from Arch.cache.attempts.work import Work
from Arch.cache.entry import Entry
from Arch.cache.runs import finished
from Arch.config.foreign import is_foreign
from Arch.errors import CacheError, ConfigError, DiskError
from Arch.planning.selection import document_in
from Arch.units import age_text, size_text
from Arch.upkeep.trash import targets
from Arch.upkeep.trash.targets import Target

_YOUNG = 60.0  # seconds; an entry that a process is just creating looks like an orphan


@dataclass(frozen=True)
class Criteria:
    """The items to remove: failed attempts, orphans or else whole experiments, if they are old and large enough.

    Attributes:
        older: least seconds since the last change, or None for any age.
        larger: least size in bytes, or None for any size.
        is_failed: whether to select the files of failed attempts.
        is_orphan: whether to select what belongs to no experiment, to no run, or to no living process.
    """

    older: float | None = None
    larger: int | None = None
    is_failed: bool = False
    is_orphan: bool = False

    def require_some(self) -> None:
        """Refuses criteria that would select everything.

        Raises:
            ConfigError: there is no criterion.
        """
        if self.older is None and self.larger is None and not (self.is_failed or self.is_orphan):
            raise ConfigError("expected --older AGE, --larger SIZE, --failed or --orphans; they combine.")

    def why(self, target: Target, now: float) -> str | None:
        """Returns the reasons to remove a target, or None if it does not meet all criteria."""
        age = now - target.changed
        if (self.older is not None and age < self.older) or (self.larger is not None and target.size < self.larger):
            return None
        old = f"unchanged for {age_text(age)}" if self.older is not None else ""
        large = f"holds {size_text(target.size)}" if self.larger is not None else ""
        return ", ".join(filter(None, (target.why, old, large)))


def prunable(root: Path, names: Sequence[str], criteria: Criteria, now: float | None = None) -> list[Target]:
    """Returns the targets among some experiments that meet all criteria, those in use by a living process included.

    Args:
        root: the cache.
        names: folders of experiments, damaged ones included.
        criteria: at least one.
        now: the present time in seconds since 1970.

    Raises:
        ConfigError: there is no criterion.
    """
    criteria.require_some()
    now = time.time() if now is None else now
    found = [target for name in names for target in _readable_candidates(root, name, criteria, now)]
    reasons = [criteria.why(target, now) for target in found]
    return [replace(target, why=why) for target, why in zip(found, reasons, strict=True) if why is not None]


def _readable_candidates(root: Path, name: str, criteria: Criteria, now: float) -> Sequence[Target]:
    """Returns the candidates in an experiment, or none with a warning where it cannot be read."""
    try:
        return list(_candidates(root, name, criteria, now))
    except (CacheError, DiskError) as problem:
        logging.getLogger(__name__).warning("passed over: %s", problem)
        return []


def _candidates(root: Path, name: str, criteria: Criteria, now: float) -> Iterator[Target]:
    if not (criteria.is_failed or criteria.is_orphan):
        yield targets.experiment(root, name)
        return
    whole = _whole(root, name, criteria, now)
    if whole is not None:
        yield whole
        return
    if criteria.is_failed:
        for attempt in _failed(root / name):
            target = targets.attempt(root, name, attempt.run, _reason(attempt))
            if target is not None:
                yield target
    if criteria.is_orphan:
        yield from (targets.leftover(root, name, place, why) for place, why in _leftovers(root, name))


def _whole(root: Path, name: str, criteria: Criteria, now: float) -> Target | None:
    """Returns the whole experiment as a target if it has no runs and no other files to keep, else None."""
    entry = root / name
    has_runs = bool(finished.listed(entry))
    if criteria.is_orphan and not files.exists(entry / layout.CONFIG):
        target = targets.experiment(root, name, f"no {layout.CONFIG}")
        return target if has_runs or now - target.changed >= _YOUNG else None
    if has_runs:
        return None
    attempted_runs = Entry(entry).attempted_runs()
    if attempted_runs and criteria.is_failed:
        failed = _failed(entry)
        return targets.experiment(root, name, _reason(failed[-1])) if len(failed) == len(attempted_runs) else None
    if attempted_runs or not criteria.is_orphan or not _is_bare(entry) or _is_of_foreign_network(entry):
        return None
    target = targets.experiment(root, name, "no run and no attempt")
    return target if now - target.changed >= _YOUNG else None


def _is_bare(entry: Path) -> bool:
    """Returns whether an entry has nothing but its config, empty folders and leftovers of killed writers."""
    return not any(
        name not in (layout.CONFIG, layout.RESULT)
        and (files.is_locked(entry / name) if files.is_temporary(name) else files.measure(entry / name).size)
        for name in files.list_folder(entry)
    )


def _is_of_foreign_network(entry: Path) -> bool:
    """Returns whether an entry describes a foreign network, which has no runs; False if it is unreadable."""
    document = document_in(entry)
    return document is not None and is_foreign(document["Active"])


def _failed(entry: Path) -> list[Attempt]:
    missing = [index for index in Entry(entry).attempted_runs() if not finished.is_committed(entry, index)]
    attempts = [attempt_at(Work(entry, index)) for index in missing]
    return [attempt for attempt in attempts if attempt.state is State.FAILED]


def _reason(attempt: Attempt) -> str:
    return f"failed: {attempt.failure}" if attempt.failure else f"crashed {attempt.crashes} times"


def _leftovers(root: Path, name: str) -> Iterator[tuple[str, str]]:
    """Yields unused files of an entry as paths relative to the cache, with the reasons."""
    entry = root / name
    for index in Entry(entry).attempted_runs():
        places = [f"{name}/{part}/{layout.run_name(index)}" for part in ("Work", "Claims")]
        if finished.is_committed(entry, index):
            yield from ((place, "of a finished run") for place in places if files.exists(root / place))
        else:
            yield from (found for place in places for found in _dead(root, place))
    yield from _dead(root, name)


def _dead(root: Path, place: str) -> Iterator[tuple[str, str]]:
    """Yields the leftovers of killed processes in a folder."""
    for name in files.list_folder(root / place):
        path = root / place / name
        is_write = files.is_temporary(name) and not files.is_locked(path)
        if is_write or (name.startswith(layout.STAGING) and files.is_abandoned(path)):
            yield f"{place}/{name}", "of a dead process"
