"""Experiments that cannot be renamed keep their names, and a migration says why."""

import json
import shutil

from Arch.upkeep.rehash import migration
from tests.upkeep.rehash.migrating import apply, entries


def test_a_move_to_an_existing_fingerprint_fails_with_the_moves_that_need_it(root, moves):
    before = entries(root)
    teacher = next(move for move in moves if any(move.source in other.needs for other in moves))
    student = next(move for move in moves if move.needs)
    (root / teacher.target).mkdir()
    (root / teacher.target / "Config.json").write_text(teacher.after)
    failed = apply(root, moves)
    assert {each.move.source: each.why for each in failed} == {
        teacher.source: f"an experiment {teacher.target} exists already",
        student.source: f"{teacher.source[:12]}, which has to be renamed first, keeps its name",
    }
    shutil.rmtree(root / teacher.target)
    assert migration.undo(root, migration.read(root)) == []
    assert entries(root) == before


def test_a_chain_of_moves_stops_where_one_fails(root, moves):
    first = next(move for move in moves if any(move.source == other.target for other in moves))
    last = next(other for other in moves if other.target == first.source)
    (root / first.target).mkdir()
    (root / first.target / "Config.json").write_text("{}")
    assert {each.move.source for each in apply(root, moves)} == {first.source, last.source}
    assert json.loads((root / last.source / "Config.json").read_text())["Fingerprint"] == last.source


def test_an_experiment_that_a_process_uses_is_not_renamed(root, moves, changed):
    entry = changed.store.find(moves[-1].source)
    lease = entry.take(5)
    [each] = apply(root, moves)
    assert (each.move, each.why.partition(" has been")[0]) == (moves[-1], str(lease.claim.holder))
    lease.end("stopped")


def test_a_blocked_undo_can_be_repeated(root, moves, changed):
    before = entries(root)
    apply(root, moves)
    teacher = next(move for move in moves if any(move.source in other.needs for other in moves))
    student = next(move for move in moves if move.needs)
    lease = changed.store.find(student.target).take(5)
    assert {each.move.source for each in migration.undo(root, migration.read(root))} == {
        student.target,
        teacher.target,
    }
    lease.end("stopped")
    shutil.rmtree(root / student.target / "Claims")
    assert migration.undo(root, migration.read(root)) == []
    assert entries(root) == before


def test_a_removed_or_changed_entry_is_not_renamed(root, moves):
    alone = next(move for move in moves if not move.needs and not any(move.source in other.needs for other in moves))
    (root / alone.source / "Config.json").write_text("{}")
    assert alone.source in {each.move.source for each in apply(root, moves)}
    assert (root / alone.source / "Config.json").read_text() == "{}"
