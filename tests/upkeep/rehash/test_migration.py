"""A migration that is interrupted at any step is completed or undone by the same command."""

import errno
import shutil

import pytest

from Arch.errors import CacheError, DiskError
from Arch.upkeep.rehash import migration
from tests.upkeep.rehash.migrating import apply, entries

MANY = 400
STRIDES = pytest.mark.parametrize(
    "stride", [pytest.param(1, marks=pytest.mark.slow, id="every step"), pytest.param(17, id="every 17th step")]
)


@pytest.fixture
def restore(root, tmp_path):
    """Restores the cache as it was before the migration."""
    shutil.copytree(root, tmp_path / "copy")

    def back():
        shutil.rmtree(root)
        shutil.copytree(tmp_path / "copy", root)

    return back


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


def test_undoing_twice_undoes_two_migrations(root, moves):
    before = entries(root)
    apply(root, moves[:1])
    middle = entries(root)
    migration.apply(root, migration.begin(root, moves[1:]))
    migration.undo(root, migration.read(root))
    assert entries(root) == middle
    assert migration.read(root) is None
    assert before != middle
