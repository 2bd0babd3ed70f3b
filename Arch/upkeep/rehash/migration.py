"""Renames experiments with a journal, so that an interrupted migration can be completed or undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from Arch import files
from Arch.cache import layout, summary
from Arch.cache.entry import Entry
from Arch.cache.fields import Fields
from Arch.cache.making.workers import workers
from Arch.config.json_text import describe
from Arch.errors import CacheError, CorruptEntryError, DiskError
from Arch.units import utc_now

_FOLDER = ".rehash"
Phase = Literal["applying", "applied", "undoing"]
_PHASES: tuple[Phase, ...] = ("applying", "undoing", "applied")


@dataclass(frozen=True)
class Move:
    """The renaming of one experiment.

    Attributes:
        source: its present fingerprint.
        target: its new fingerprint.
        before: the content of its Config.json.
        after: the new content.
        needs: the sources of the moves that have to succeed before this one.
    """

    source: str
    target: str
    before: str
    after: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Journal:
    """The journal of the last migration.

    Attributes:
        phase: `applying` and `undoing`: in progress, or interrupted.
        moves: the moves in the order in which they are applied.
        time: the time of its plan, in UTC.
    """

    phase: Phase
    moves: tuple[Move, ...]
    time: str


@dataclass(frozen=True)
class FailedMove:
    """A move that could not be made, with the reason."""

    move: Move
    why: str


def read(root: Path) -> Journal | None:
    """Reads the journal of the migration that is in progress or was interrupted, else of the last one, else None.

    Raises:
        CacheError: the folder of the journal is a link.
        CorruptEntryError: the journal is damaged, or names something else than experiments of the cache.
        DiskError: it cannot be read.
    """
    _require_own(root)
    for phase in _PHASES:
        path = _path(root, phase)
        try:
            fields = Fields(files.read_json(path, files.MOST_OF_RUNS), str(path))
        except FileNotFoundError:
            continue
        moves = (_move(Fields(each, fields.path)) for each in fields.objects("Moves"))
        return Journal(phase, tuple(moves), fields.text("Time"))
    return None


def begin(root: Path, moves: Sequence[Move]) -> Journal:
    """Writes the journal of a migration; renames nothing yet.

    Raises:
        CacheError: another migration is in progress or was interrupted; DiskError: the journal cannot be written.
    """
    _require_own(root)
    now = utc_now()
    documents = [
        {"From": move.source, "To": move.target, "Before": move.before, "After": move.after, "Needs": list(move.needs)}
        for move in moves
    ]
    files.make_folder(root / _FOLDER)
    is_first = not files.exists(_path(root, "undoing"))
    if not is_first or not files.write_new(_path(root, "applying"), files.json_text({"Time": now, "Moves": documents})):
        raise CacheError(
            f"another rehash of {root} is in progress or was interrupted: "
            "`main.py rehash --apply` completes it, `main.py rehash --undo --apply` undoes it."
        )
    return Journal("applying", tuple(moves), now)


def apply(root: Path, journal: Journal) -> list[FailedMove]:
    """Makes all moves that are not made yet; returns those that could not be made.

    Raises:
        DiskError: the disk failed; called again, it continues from there.
    """
    if journal.phase != "applying":
        files.rename_over(_path(root, journal.phase), _path(root, "applying"))
    failed = _carry_out(root, journal.moves)
    files.rename_over(_path(root, "applying"), _path(root, "applied"))
    return failed


def undo(root: Path, journal: Journal) -> list[FailedMove]:
    """Reverses all moves that were made; returns those that could not be reversed. Raises as `apply`."""
    if journal.phase != "undoing":
        files.rename_over(_path(root, journal.phase), _path(root, "undoing"))
    failed = _carry_out(root, _reversed(journal.moves))
    if failed:
        files.rename_over(_path(root, "undoing"), _path(root, "applied"))
    else:
        files.remove(_path(root, "undoing"))
    return failed


def _carry_out(root: Path, moves: Sequence[Move]) -> list[FailedMove]:
    failed: dict[str, FailedMove] = {}
    for move in moves:
        missing = [need for need in move.needs if need in failed]
        why = f"{missing[0][:12]}, which has to be renamed first, keeps its name" if missing else _make(root, move)
        if why:
            failed[move.source] = FailedMove(move, why)
    return list(failed.values())


def _make(root: Path, move: Move) -> str:
    """Makes a move, or completes an interrupted one in either direction; returns the reason of a failure, else "".

    The state is read from the two Config.json alone: a folder is renamed only after its config was rewritten.
    """
    for name in (move.source, move.target):
        if files.is_link(root / name):
            return f"{name[:12]} is a link to {files.target_of(root / name)}, and no folder elsewhere is renamed"
    here, there = _config(root / move.source), _config(root / move.target)
    if here not in (move.before, move.after):
        if there == move.before:  # the reverse move was killed between its two steps
            _rewrite(root / move.target, move.after)
        return (
            "" if there in (move.before, move.after) else "its Config.json has changed since the migration was planned"
        )
    busy = workers(root / move.source)
    if busy:
        return busy[0]
    if not files.list_folder(root / move.target):
        _rewrite(root / move.source, move.after)
        if files.rename_new(root / move.source, root / move.target):
            summary.renew(Entry(root / move.target))
            return ""
    _rewrite(root / move.source, move.before)
    return f"an experiment {move.target} exists already"


def _rewrite(entry: Path, text: str) -> None:
    if _config(entry) != text:
        files.remove(entry / layout.RESULT)  # derived data, which contains parts of Config.json
        files.write_atomically(entry / layout.CONFIG, text)


def _config(entry: Path) -> str | None:
    try:
        return files.read_bytes(entry / layout.CONFIG, files.MOST_OF_RUNS).decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except DiskError:
        if files.exists(entry):
            raise
        return None


def _reversed(moves: Sequence[Move]) -> list[Move]:
    """Returns the reverse migration: the moves in reverse order, dependency edges reversed."""
    dependents = defaultdict[str, list[str]](list)
    for move in moves:
        for need in move.needs:
            dependents[need].append(move.target)
    return [
        replace(
            move, source=move.target, target=move.source, before=move.after, after=move.before,
            needs=tuple(dependents[move.source]),
        )
        for move in reversed(moves)
    ]  # fmt: skip


def _move(fields: Fields) -> Move:
    """Reads a move; raises CorruptEntryError where it is of something else than folders of experiments."""
    needs = fields.document.get("Needs", [])
    names = [fields.text("From"), fields.text("To"), *(needs if isinstance(needs, list) else [needs])]
    for name in names:
        if not (isinstance(name, str) and layout.is_fingerprint(name)):
            raise CorruptEntryError(
                f"{fields.path} is damaged or was edited: {describe(name)} is no fingerprint of an experiment. Nothing "
                "was renamed. Restore the file from a copy, or remove it: then the experiments keep their names."
            )
    source, target, *others = names
    return Move(source, target, fields.text("Before"), fields.text("After"), tuple(others))


def _require_own(root: Path) -> None:
    folder = root / _FOLDER
    if files.is_link(folder):
        raise CacheError(f"{folder} is a link to {files.target_of(folder)}: a journal is kept in the cache. Remove it.")


def _path(root: Path, phase: Phase) -> Path:
    return root / _FOLDER / f"{phase}.json"
