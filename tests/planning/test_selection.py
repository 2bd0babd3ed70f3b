"""Words select folders of a cache, damaged or not."""

import json

import pytest

from Arch.errors import CacheError, ConfigError, UnknownNameError
from Arch.planning.selection import Selection


@pytest.fixture
def workspace(workspace_of, rules):
    return workspace_of(rules)


@pytest.fixture
def select(workspace):
    return lambda *words, place=None: Selection.in_cache(place or workspace).select(words)


def test_without_words_all_are_selected_damaged_or_not(select, add, workspace):
    names = {add().fingerprint, add(Seed=1).fingerprint, "f" * 32}
    (workspace.store.root / ("f" * 32)).mkdir()
    (workspace.store.root / next(iter(names)) / "Config.json").write_text("{")
    assert set(select().fingerprints) == names


def test_a_prefix_has_to_match_one_folder_ignoring_case(select, workspace):
    for name in ("ab" * 16, "ac" * 16, "b0" * 16):
        (workspace.store.root / name).mkdir()
    assert select("AB").fingerprints == ("ab" * 16,)
    assert select("b", "ac").fingerprints == ("b0" * 16, "ac" * 16)
    with pytest.raises(CacheError, match=rf"2 experiments begin with 'a': {'ab' * 16}, {'ac' * 16}\. Give more digits"):
        select("a")
    for word in ("c", "abb"):
        with pytest.raises(UnknownNameError):
            select(word)


def test_an_empty_word_is_not_taken_for_the_working_directory(select, add, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="got an empty word"):
        select("")


def test_config_files_folders_and_cache_folders_select(select, add, tmp_path):
    entries = [add(Seed=seed) for seed in (1, 2, 3)]
    (tmp_path / "configs").mkdir()
    for seed in (1, 2, 9):
        (tmp_path / f"configs/{seed}.json").write_text(json.dumps({"Model": "Net", "Seed": seed}))
    names = [entry.fingerprint for entry in entries]
    assert select(f"{tmp_path}/configs/1.json").fingerprints == (names[0],)
    assert select(f"{tmp_path}/configs").fingerprints == (names[0], names[1])
    assert select(f"{entries[2].path}", f"{entries[2].path}/").fingerprints == (names[2],)
    with pytest.raises(ConfigError, match=r"nothing of .*9\.json is in the cache"):
        select(f"{tmp_path}/configs/9.json")


def test_values_select_and_a_teacher_matches_by_network_and_fingerprint(select, add, workspace):
    teacher = add(Seed=7)
    student = add(Taught=True, Teacher={"Model": "Net", "Seed": 7})
    orphan = add(Taught=True, Teacher={"Model": "Other", "Seed": 8})
    assert set(select("Seed=7").fingerprints) == {teacher.fingerprint}
    assert set(select("Heat=4", "Taught=true").fingerprints) == {student.fingerprint, orphan.fingerprint}
    assert select("Teacher=Net").fingerprints == (student.fingerprint,)
    assert select(f"Teacher={teacher.fingerprint}").fingerprints == (student.fingerprint,)
    assert select("Teacher=Other").fingerprints == (orphan.fingerprint,)
    assert select(teacher.fingerprint[:8], "Seed=7").fingerprints == (teacher.fingerprint,)
    with pytest.raises(ConfigError, match="nothing of Seed=6 is in the cache"):
        select("Seed=6")


def test_unreadable_experiments_are_listed_apart(select, add):
    sound, other, torn = add(), add(Seed=1), add(Seed=2)
    (torn.path / "Config.json").write_text("{")
    found = select("Seed=0")
    assert (found.fingerprints, found.unread) == ((sound.fingerprint,), (torn.fingerprint,))
    assert other.exists


def test_an_experiment_under_a_changed_default_is_still_found(select, add, rules, workspace_of, tmp_path):
    entry = add()
    (tmp_path / "t.json").write_text('{"Model": "Net"}')
    after = workspace_of({**rules, "Temperature": 5.0})
    for words in ([entry.fingerprint[:9]], ["Temperature=4"], [str(tmp_path / "t.json")]):
        assert select(*words, place=after).fingerprints == (entry.fingerprint,)


def test_values_unknown_to_the_rules_are_compared_as_stored(select, add):
    entry = add(Seed=3)
    document = json.loads((entry.path / "Config.json").read_text())
    document["Active"]["Zebra"] = 1
    (entry.path / "Config.json").write_text(json.dumps(document))
    assert select("Seed=3").fingerprints == (entry.fingerprint,)
