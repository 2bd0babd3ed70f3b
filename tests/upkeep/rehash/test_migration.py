"""A migration that is killed or refused anywhere is completed, or taken back, by the same command."""

import errno
import json
import shutil

import pytest

from Arch import files
from Arch.errors import CacheError, DiskError
from Arch.upkeep.rehash import migration
from Arch.upkeep.rehash.rehash import plan_rehash

MANY = 400
STUDENT = {"Taught": True, "Teacher": {"Model": "Net", "Seed": 1}}


@pytest.fixture
def warmer(workspace_of, rules, add):
    """A cache of a teacher, its student and two whose names form a chain, under a default that has changed."""
    add(Seed=1, runs=0)
    add(**STUDENT, runs=0)
    add()
    add(Temperature=5.0, runs=0)
    return workspace_of({**rules, "Temperature": 5.0})


@pytest.fixture
def moves(warmer):
    plan = plan_rehash(warmer, is_pinning=True)
    assert len(plan.renamings) == 4
    return [each.move for each in plan.renamings]


@pytest.fixture
def root(warmer):
    return warmer.store.root


@pytest.fixture
def restore(root, tmp_path):
    """Brings the cache back to how it was before the migration."""
    shutil.copytree(root, tmp_path / "copy")

    def back():
        shutil.rmtree(root)
        shutil.copytree(tmp_path / "copy", root)

    return back


def entries(root):
    """What a cache holds of experiments: every file but what is derived, hidden, or tidied up by the next writer."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != "Result.json" and path.relative_to(root).parts[0][0] != "."
        if not files.is_temporary(path.name)
    }


def migrated(before, moves):
    """What has to come out, by the definition: folders renamed, their Config.json rewritten."""
    names = {move.source: move for move in moves}
    after = {}
    for path, content in before.items():
        name, _, rest = path.partition("/")
        move = names.get(name)
        new = move.target if move else name
        after[f"{new}/{rest}" if rest else path] = move.after.encode() if move and rest == "Config.json" else content
    return after


def apply(root, moves):
    """As the command does it: completes what was interrupted, or begins."""
    journal = migration.read(root)
    if journal is None or journal.phase == "applied":
        journal = migration.begin(root, moves)
    return migration.apply(root, journal)


def test_applied_and_taken_back_everything_is_as_it_was(root, moves):
    before = entries(root)
    assert apply(root, moves) == []
    assert entries(root) == migrated(before, moves)
    assert migration.read(root).phase == "applied"
    assert migration.undo(root, migration.read(root)) == []
    assert entries(root) == before
    assert migration.read(root) is None


def test_a_journal_says_what_was_planned(root, moves):
    assert migration.read(root) is None
    assert migration.begin(root, moves) == migration.read(root)
    assert migration.read(root).moves == tuple(moves)


def test_a_second_migration_waits_for_the_first(root, moves):
    migration.begin(root, moves)
    with pytest.raises(CacheError, match=r"another rehash of .* `main.py rehash --apply` completes it"):
        migration.begin(root, moves)
    (root / ".rehash/applying.json").rename(root / ".rehash/undoing.json")
    with pytest.raises(CacheError, match="another rehash"):
        migration.begin(root, moves)


@pytest.mark.parametrize("ending", ["apply", "undo"])
def test_killed_at_any_step_it_is_completed_or_taken_back(root, moves, restore, disk, in_child, ending):
    before = entries(root)
    for step in range(1, MANY):
        restore()

        def work(step=step):
            disk.kill_at(step)
            apply(root, moves)

        if in_child(work) == [0]:
            break
        if ending == "apply":
            assert apply(root, moves) == []
            assert entries(root) == migrated(before, moves), f"after a kill at step {step}"
        elif migration.read(root):
            assert migration.undo(root, migration.read(root)) == []
            assert entries(root) == before, f"after a kill at step {step}"
    assert 40 < step < MANY - 1


@pytest.mark.parametrize("ending", ["apply", "undo"])
def test_killed_at_any_step_of_the_way_back_it_is_completed_either_way(root, moves, restore, disk, in_child, ending):
    before = entries(root)
    for step in range(1, MANY):
        restore()
        apply(root, moves)

        def work(step=step):
            disk.kill_at(step)
            migration.undo(root, migration.read(root))

        if in_child(work) == [0]:
            break
        if ending == "undo":
            if migration.read(root):
                assert migration.undo(root, migration.read(root)) == []
            assert entries(root) == before, f"after a kill at step {step}"
        elif migration.read(root) and migration.read(root).phase == "undoing":
            assert apply(root, moves) == []
            assert entries(root) == migrated(before, moves), f"after a kill at step {step}"
    assert 40 < step < MANY - 1


@pytest.mark.parametrize("forever", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES], ids=errno.errorcode.get)
@pytest.mark.parametrize("ending", ["apply", "undo"])
def test_refused_at_any_step_it_says_so_and_is_completed_or_taken_back(
    root, moves, restore, disk, code, forever, ending
):
    before = entries(root)
    for step in range(1, MANY):
        restore()
        disk.fail_at(step, code, forever=forever)
        try:
            apply(root, moves)
            is_refused = False
        except DiskError:
            is_refused = True
        count = disk.count
        disk.forget()
        if count < step:
            break
        assert is_refused or entries(root) == migrated(before, moves)
        if ending == "apply":
            if is_refused and not (migration.read(root) and migration.read(root).phase == "applied"):
                assert apply(root, moves) == []
            assert entries(root) == migrated(before, moves), f"after {errno.errorcode[code]} at step {step}"
        elif migration.read(root):
            assert migration.undo(root, migration.read(root)) == []
            assert entries(root) == before, f"after {errno.errorcode[code]} at step {step}"
    assert 40 < step < MANY - 1


def test_a_name_that_was_taken_meanwhile_stops_the_one_move_and_those_that_need_it(root, moves):
    before = entries(root)
    teacher = next(move for move in moves if any(move.source in other.needs for other in moves))
    student = next(move for move in moves if move.needs)
    (root / teacher.target).mkdir()
    (root / teacher.target / "Config.json").write_text(teacher.after)
    troubles = apply(root, moves)
    assert {trouble.move.source: trouble.why for trouble in troubles} == {
        teacher.source: f"there is an experiment {teacher.target} meanwhile",
        student.source: f"{teacher.source[:12]}, which has to go first, stays",
    }
    shutil.rmtree(root / teacher.target)
    assert migration.undo(root, migration.read(root)) == []
    assert entries(root) == before


def test_the_last_of_a_chain_stays_where_the_first_does(root, moves):
    first = next(move for move in moves if any(move.source == other.target for other in moves))
    last = next(other for other in moves if other.target == first.source)
    (root / first.target).mkdir()
    (root / first.target / "Config.json").write_text("{}")
    assert {trouble.move.source for trouble in apply(root, moves)} == {first.source, last.source}
    assert json.loads((root / last.source / "Config.json").read_text())["Fingerprint"] == last.source


def test_what_is_being_worked_on_meanwhile_stays(root, moves, warmer):
    entry = warmer.store.find(moves[-1].source)
    lease = entry.take(5)
    [trouble] = apply(root, moves)
    assert (trouble.move, trouble.why.partition(" has been")[0]) == (moves[-1], str(lease.claim.holder))
    lease.end("stopped")


def test_a_way_back_that_is_blocked_can_be_tried_again(root, moves, warmer):
    before = entries(root)
    apply(root, moves)
    teacher = next(move for move in moves if any(move.source in other.needs for other in moves))
    student = next(move for move in moves if move.needs)
    lease = warmer.store.find(student.target).take(5)
    assert {trouble.move.source for trouble in migration.undo(root, migration.read(root))} == {
        student.target,
        teacher.target,
    }
    lease.end("stopped")
    shutil.rmtree(root / student.target / "Claims")
    assert migration.undo(root, migration.read(root)) == []
    assert entries(root) == before


def test_an_entry_that_has_left_or_changed_is_left_alone(root, moves):
    alone = next(move for move in moves if not move.needs and not any(move.source in other.needs for other in moves))
    (root / alone.source / "Config.json").write_text("{}")
    assert alone.source in {trouble.move.source for trouble in apply(root, moves)}
    assert (root / alone.source / "Config.json").read_text() == "{}"


def test_undoing_twice_takes_two_migrations_back(root, moves):
    before = entries(root)
    apply(root, moves[:1])
    middle = entries(root)
    migration.apply(root, migration.begin(root, moves[1:]))
    migration.undo(root, migration.read(root))
    assert entries(root) == middle
    assert migration.read(root) is None
    assert before != middle
