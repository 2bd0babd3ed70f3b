"""What nobody needs any more, by age, size, failure, or because it belongs to nothing."""

from __future__ import annotations

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
from Arch.errors import ConfigError
from Arch.planning.selection import document_in
from Arch.units import age_text, size_text
from Arch.upkeep.trash import targets
from Arch.upkeep.trash.targets import Target

_YOUNG = 60.0  # seconds; what a process has just begun may look as if it belonged to nobody


@dataclass(frozen=True)
class Criteria:
    """What is to go: of the kinds asked for, or else of whole experiments, what is old and large enough.

    Attributes:
        older: seconds since the last change, or None for any age.
        larger: bytes, or None for any size.
        is_failed: what failed attempts left.
        is_orphan: what belongs to no experiment, to no run, or to no living process.
    """

    older: float | None = None
    larger: int | None = None
    is_failed: bool = False
    is_orphan: bool = False

    def require_some(self) -> None:
        """Refuses what would take everything.

        Raises:
            ConfigError: there is no criterion.
        """
        if self.older is None and self.larger is None and not (self.is_failed or self.is_orphan):
            raise ConfigError("say what is to go: --older AGE, --larger SIZE, --failed or --orphans; they combine.")

    def why(self, target: Target, now: float) -> str | None:
        """The reasons for a target to go, or None where one is missing."""
        age = now - target.changed
        if (self.older is not None and age < self.older) or (self.larger is not None and target.size < self.larger):
            return None
        old = f"unchanged for {age_text(age)}" if self.older is not None else ""
        large = f"holds {size_text(target.size)}" if self.larger is not None else ""
        return ", ".join(filter(None, (target.why, old, large)))


def prunable(root: Path, names: Sequence[str], criteria: Criteria, now: float | None = None) -> list[Target]:
    """What of these experiments meets all criteria; what a living process works on is among it and says so.

    Args:
        root: the cache.
        names: folders of experiments, sound or not.
        criteria: at least one.
        now: seconds since 1970.

    Raises:
        ConfigError: there is no criterion; DiskError: something cannot be looked at.
    """
    criteria.require_some()
    now = time.time() if now is None else now
    found = [target for name in names for target in _candidates(root, name, criteria, now)]
    reasons = [criteria.why(target, now) for target in found]
    return [replace(target, why=why) for target, why in zip(found, reasons, strict=True) if why is not None]


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
            target = targets.attempt(root, name, attempt.run, _said(attempt))
            if target is not None:
                yield target
    if criteria.is_orphan:
        yield from (targets.leftover(root, name, place, why) for place, why in _leftovers(root, name))


def _whole(root: Path, name: str, criteria: Criteria, now: float) -> Target | None:
    """The experiment itself, where nothing of it is worth keeping."""
    entry = root / name
    has_runs = bool(finished.listed(entry))
    if criteria.is_orphan and not files.exists(entry / layout.CONFIG):
        target = targets.experiment(root, name, f"no {layout.CONFIG}")
        return target if has_runs or now - target.changed >= _YOUNG else None
    if has_runs:
        return None
    in_hand = Entry(entry).traces()
    if in_hand and criteria.is_failed:
        failed = _failed(entry)
        return targets.experiment(root, name, _said(failed[-1])) if len(failed) == len(in_hand) else None
    if in_hand or not criteria.is_orphan or not _is_bare(entry) or _is_of_foreign_network(entry):
        return None
    target = targets.experiment(root, name, "no run and no work")
    return target if now - target.changed >= _YOUNG else None


def _is_bare(entry: Path) -> bool:
    """Whether nothing but its config, empty folders and leftovers of killed writers are in an entry."""
    return not any(
        name not in (layout.CONFIG, layout.RESULT)
        and (files.is_locked(entry / name) if files.is_temporary(name) else files.measure(entry / name).size)
        for name in files.list_folder(entry)
    )


def _is_of_foreign_network(entry: Path) -> bool:
    """Whether it says what a network from elsewhere is, which has no runs; one that cannot be read does not."""
    document = document_in(entry)
    return document is not None and is_foreign(document["Active"])


def _failed(entry: Path) -> list[Attempt]:
    missing = [index for index in Entry(entry).traces() if not finished.is_committed(entry, index)]
    attempts = [attempt_at(Work(entry, index)) for index in missing]
    return [attempt for attempt in attempts if attempt.state is State.FAILED]


def _said(attempt: Attempt) -> str:
    return f"failed: {attempt.failure}" if attempt.failure else f"crashed {attempt.crashes} times"


def _leftovers(root: Path, name: str) -> Iterator[tuple[str, str]]:
    """What lies in an entry for nobody, as places in the cache, with the reasons."""
    entry = root / name
    for index in Entry(entry).traces():
        places = [f"{name}/{part}/{layout.run_name(index)}" for part in ("Work", "Claims")]
        if finished.is_committed(entry, index):
            yield from ((place, "of a finished run") for place in places if files.exists(root / place))
        else:
            yield from (found for place in places for found in _dead(root, place))
    yield from _dead(root, name)


def _dead(root: Path, place: str) -> Iterator[tuple[str, str]]:
    """What killed processes left in a folder."""
    for name in files.list_folder(root / place):
        path = root / place / name
        is_write = files.is_temporary(name) and not files.is_locked(path)
        if is_write or (name.startswith(layout.STAGING) and files.is_abandoned(path)):
            yield f"{place}/{name}", "of a dead process"
