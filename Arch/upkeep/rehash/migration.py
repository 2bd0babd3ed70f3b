"""Giving experiments other names: written down first, and each step such that the whole can be taken up or back."""

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
from Arch.errors import CacheError, DiskError
from Arch.units import utc_now

_FOLDER = ".rehash"
Phase = Literal["applying", "applied", "undoing"]
_PHASES: tuple[Phase, ...] = ("applying", "undoing", "applied")


@dataclass(frozen=True)
class Move:
    """One experiment's way from a name to another.

    Attributes:
        source: the name that it has.
        target: the name that it gets.
        before: what its Config.json says.
        after: what it is to say.
        needs: the sources of the moves without which this one makes no sense.
    """

    source: str
    target: str
    before: str
    after: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Journal:
    """The last migration, and how far it is.

    Attributes:
        phase: `applying` and `undoing` are on their way or were interrupted.
        moves: in the order in which they are applied.
        time: when it was planned, in UTC.
    """

    phase: Phase
    moves: tuple[Move, ...]
    time: str


@dataclass(frozen=True)
class Trouble:
    """A move that could not be made, and why."""

    move: Move
    why: str


def read(root: Path) -> Journal | None:
    """The migration that is under way or was interrupted, else the last one; None where there was none.

    Raises:
        CorruptEntryError: the journal is torn; DiskError: it cannot be read.
    """
    for phase in _PHASES:
        path = _path(root, phase)
        try:
            fields = Fields(files.read_json(path), str(path))
        except FileNotFoundError:
            continue
        moves = (_move(Fields(each, fields.path)) for each in fields.objects("Moves"))
        return Journal(phase, tuple(moves), fields.text("Time"))
    return None


def begin(root: Path, moves: Sequence[Move]) -> Journal:
    """Writes down what is going to be done; nothing is renamed yet.

    Raises:
        CacheError: another migration is under way or was interrupted; DiskError: it cannot be written.
    """
    now = utc_now()
    documents = [
        {"From": move.source, "To": move.target, "Before": move.before, "After": move.after, "Needs": list(move.needs)}
        for move in moves
    ]
    files.make_folder(root / _FOLDER)
    is_first = not files.exists(_path(root, "undoing"))
    if not is_first or not files.write_new(_path(root, "applying"), files.json_text({"Time": now, "Moves": documents})):
        raise CacheError(
            f"another rehash of {root} is under way or was interrupted: "
            "`main.py rehash --apply` completes it, `main.py rehash --undo --apply` takes it back."
        )
    return Journal("applying", tuple(moves), now)


def apply(root: Path, journal: Journal) -> list[Trouble]:
    """Makes all moves that are not made yet, and says which could not be made.

    Raises:
        DiskError: the disk refuses; called again, it goes on from there.
    """
    if journal.phase != "applying":
        files.rename_over(_path(root, journal.phase), _path(root, "applying"))
    troubles = _carry_out(root, journal.moves)
    files.rename_over(_path(root, "applying"), _path(root, "applied"))
    return troubles


def undo(root: Path, journal: Journal) -> list[Trouble]:
    """Takes back all moves that were made, and says which could not be taken back; raises as `apply` does."""
    if journal.phase != "undoing":
        files.rename_over(_path(root, journal.phase), _path(root, "undoing"))
    troubles = _carry_out(root, _inverted(journal.moves))
    if troubles:
        files.rename_over(_path(root, "undoing"), _path(root, "applied"))
    else:
        files.remove(_path(root, "undoing"))
    return troubles


def _carry_out(root: Path, moves: Sequence[Move]) -> list[Trouble]:
    troubles: dict[str, Trouble] = {}
    for move in moves:
        missing = [need for need in move.needs if need in troubles]
        why = f"{missing[0][:12]}, which has to go first, stays" if missing else _make(root, move)
        if why:
            troubles[move.source] = Trouble(move, why)
    return list(troubles.values())


def _make(root: Path, move: Move) -> str:
    """Makes a move, from wherever an earlier attempt, or the opposite one, left off; why it could not, else nothing.

    Where things stand is read from the two Config.json alone: a folder is renamed after its config was rewritten.
    """
    here, there = _config(root / move.source), _config(root / move.target)
    if here not in (move.before, move.after):
        if there == move.before:  # the opposite move was killed between its two steps
            _rewrite(root / move.target, move.after)
        return "" if there in (move.before, move.after) else "it is not what it was when this was planned"
    busy = workers(root / move.source)
    if busy:
        return busy[0]
    if not files.list_folder(root / move.target):
        _rewrite(root / move.source, move.after)
        if files.rename_new(root / move.source, root / move.target):
            summary.renew(Entry(root / move.target))
            return ""
    _rewrite(root / move.source, move.before)
    return f"there is an experiment {move.target} meanwhile"


def _rewrite(entry: Path, text: str) -> None:
    if _config(entry) != text:
        files.remove(entry / layout.RESULT)  # derived, and it repeats what Config.json says
        files.write_atomically(entry / layout.CONFIG, text)


def _config(entry: Path) -> str | None:
    try:
        return files.read_bytes(entry / layout.CONFIG).decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except DiskError:
        if files.exists(entry):
            raise
        return None


def _inverted(moves: Sequence[Move]) -> list[Move]:
    """The way back: last come, first gone; who was needed now needs those who needed him."""
    followers = defaultdict[str, list[str]](list)
    for move in moves:
        for need in move.needs:
            followers[need].append(move.target)
    return [
        replace(
            move, source=move.target, target=move.source, before=move.after, after=move.before,
            needs=tuple(followers[move.source]),
        )
        for move in reversed(moves)
    ]  # fmt: skip


def _move(fields: Fields) -> Move:
    needs = fields.document.get("Needs", [])
    return Move(
        fields.text("From"), fields.text("To"), fields.text("Before"), fields.text("After"), tuple(map(str, needs))
    )


def _path(root: Path, phase: Phase) -> Path:
    return root / _FOLDER / f"{phase}.json"
