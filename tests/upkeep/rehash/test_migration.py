"""A migration that is interrupted at any step is completed or undone by the same command."""

import errno
import json
import shutil

import pytest

from Arch import files
from Arch.errors import CacheError, DiskError
from Arch.upkeep.rehash import migration
from Arch.upkeep.rehash.rehash import plan_rehash

MANY = 400
STRIDES = pytest.mark.parametrize(
    "stride", [pytest.param(1, marks=pytest.mark.slow, id="every step"), pytest.param(17, id="every 17th step")]
)
STUDENT = {"Taught": True, "Teacher": {"Model": "Net", "Seed": 1}}


@pytest.fixture
def changed(workspace_of, rules, add):
    """A cache under a changed default: a teacher, its student, and two whose fingerprints form a chain."""
    add(Seed=1, runs=0)
    add(**STUDENT, runs=0)
    add()
    add(Temperature=5.0, runs=0)
    return workspace_of({**rules, "Temperature": 5.0})


@pytest.fixture
def moves(changed):
    plan = plan_rehash(changed, is_pinning=True)
    assert len(plan.renamings) == 4
    return [each.move for each in plan.renamings]


@pytest.fixture
def root(changed):
    return changed.store.root


@pytest.fixture
def restore(root, tmp_path):
    """Restores the cache as it was before the migration."""
    shutil.copytree(root, tmp_path / "copy")

    def back():
        shutil.rmtree(root)
        shutil.copytree(tmp_path / "copy", root)

    return back


def entries(root):
    """Returns the files of experiments, without derived and hidden files and leftovers of killed writers."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != "Result.json" and path.relative_to(root).parts[0][0] != "."
        if not files.is_temporary(path.name)
    }


def migrated(before, moves):
    """Returns the expected files: folders renamed, their Config.json rewritten."""
    names = {move.source: move for move in moves}
    after = {}
    for path, content in before.items():
        name, _, rest = path.partition("/")
        move = names.get(name)
        new = move.target if move else name
        after[f"{new}/{rest}" if rest else path] = move.after.encode() if move and rest == "Config.json" else content
    return after


def apply(root, moves):
    """Completes an interrupted migration, or starts one, as the command does."""
    journal = migration.read(root)
    if journal is None or journal.phase == "applied":
        journal = migration.begin(root, moves)
    return migration.apply(root, journal)


def test_applying_and_undoing_restores_everything(root, moves):
    before = entries(root)
    assert apply(root, moves) == []
    assert entries(root) == migrated(before, moves)
    assert migration.read(root).phase == "applied"
    assert migration.undo(root, migration.read(root)) == []
    assert entries(root) == before
    assert migration.read(root) is None


def test_a_journal_contains_the_plan(root, moves):
    assert migration.read(root) is None
    assert migration.begin(root, moves) == migration.read(root)
    assert migration.read(root).moves == tuple(moves)


def test_a_migration_is_refused_while_another_is_unfinished(root, moves):
    migration.begin(root, moves)
    with pytest.raises(CacheError, match=r"another rehash of .* `main.py rehash --apply` completes it"):
        migration.begin(root, moves)
    (root / ".rehash/applying.json").rename(root / ".rehash/undoing.json")
    with pytest.raises(CacheError, match="another rehash"):
        migration.begin(root, moves)


@STRIDES
@pytest.mark.parametrize("ending", ["apply", "undo"])
def test_a_migration_killed_at_any_step_is_completed_or_undone(root, moves, restore, disk, in_child, ending, stride):
    before = entries(root)
    for step in range(1, MANY, stride):
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


@STRIDES
@pytest.mark.parametrize("ending", ["apply", "undo"])
def test_an_undo_killed_at_any_step_is_completed_or_reapplied(root, moves, restore, disk, in_child, ending, stride):
    before = entries(root)
    for step in range(1, MANY, stride):
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


@STRIDES
@pytest.mark.parametrize("forever", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES], ids=errno.errorcode.get)
@pytest.mark.parametrize("ending", ["apply", "undo"])
def test_a_disk_error_at_any_step_is_raised_and_completed_or_undone(
    root, moves, restore, disk, code, forever, ending, stride
):
    before = entries(root)
    for step in range(1, MANY, stride):
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


def test_undoing_twice_undoes_two_migrations(root, moves):
    before = entries(root)
    apply(root, moves[:1])
    middle = entries(root)
    migration.apply(root, migration.begin(root, moves[1:]))
    migration.undo(root, migration.read(root))
    assert entries(root) == middle
    assert migration.read(root) is None
    assert before != middle
