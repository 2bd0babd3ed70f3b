"""A journal that somebody else wrote, and linked entries: nothing outside of the cache is renamed or rewritten."""

import json

import pytest

from Arch.errors import CacheError, CorruptEntryError
from Arch.upkeep.rehash import migration
from Arch.upkeep.rehash.migration import Move
from Arch.upkeep.rehash.rehash import plan_rehash
from tests.upkeep.rehash.migrating import apply, entries


def plant(root, phase="applying", **move):
    folder = root / ".rehash"
    folder.mkdir()
    known = {"From": "0" * 32, "To": "1" * 32, "Before": "a", "After": "b", "Needs": []}
    (folder / f"{phase}.json").write_text(json.dumps({"Time": "2026-01-01T00:00:00Z", "Moves": [{**known, **move}]}))


@pytest.mark.parametrize("phase", ["applying", "undoing", "applied"])
@pytest.mark.parametrize(
    "move",
    [
        {"From": "../victim"},
        {"To": "../victim"},
        {"To": "/victim"},
        {"From": "0" * 31},
        {"From": "A" * 32},
        {"To": f"{'0' * 30}/."},
        {"Needs": ["x"]},
        {"Needs": 3},
        {"Needs": [3]},
    ],
    ids=str,
)
def test_a_journal_of_other_names_than_fingerprints_is_damaged(move, phase, root):
    before = entries(root)
    plant(root, phase, **move)
    with pytest.raises(CorruptEntryError, match=r"\.json is damaged .* is no fingerprint .* Nothing was renamed"):
        migration.read(root)
    assert entries(root) == before


def test_a_journal_behind_a_link_is_neither_read_nor_written(root, moves, tmp_path):
    (tmp_path / "precious").mkdir()
    (root / ".rehash").symlink_to(tmp_path / "precious")
    for call in (migration.read, lambda folder: migration.begin(folder, moves)):
        with pytest.raises(CacheError, match="is a link to"):
            call(root)
    assert list((tmp_path / "precious").iterdir()) == []


def test_a_linked_experiment_keeps_its_name_and_its_content(changed, root, tmp_path):
    name = next(each.move.source for each in plan_rehash(changed, is_pinning=True).renamings)
    (root / name).rename(tmp_path / "elsewhere")
    (root / name).symlink_to(tmp_path / "elsewhere")
    text = (tmp_path / "elsewhere/Config.json").read_text()
    plan = plan_rehash(changed, is_pinning=True)
    assert [each.obstacle for each in plan.staying if each.fingerprint == name] == ["linked"]
    [failed] = apply(root, [Move(name, "1" * 32, text, "other text")])
    assert "is a link to" in failed.why
    assert (tmp_path / "elsewhere/Config.json").read_text() == text
