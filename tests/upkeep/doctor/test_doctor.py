"""The findings of `doctor` after a given change of the cache, the disk or the environment."""

import os
import time

import pytest

from Arch.cache.attempts.attempt import MOST_CRASHES
from Arch.errors import DiskError
from Arch.files import disk, system_calls
from Arch.upkeep.doctor import doctor
from Arch.upkeep.doctor.cache import check_cache
from Arch.upkeep.doctor.disk import check_cache_folder, check_data_folder
from Arch.upkeep.doctor.finding import Level
from Arch.upkeep.doctor.machine import check_code, check_cores, check_gpus, check_packages, numbers


def by_name(findings):
    return {each.name: each for each in findings}


@pytest.fixture
def cache(workspace):
    """Returns the findings about the cache by name."""
    return lambda now=None: by_name(check_cache(workspace, time.time() if now is None else now))


def test_an_undamaged_cache_is_ok_in_every_check(add, cache):
    add(runs=2)
    assert {each.level for each in cache().values()} == {Level.OK}
    assert cache()["entries"].sentence.startswith("1, none of them damaged")


def test_a_damaged_entry_is_a_problem(add, cache):
    entry = add()
    (entry.path / "Config.json").write_text("{")
    found = cache()["entries"]
    assert (found.level, found.sentence) == (Level.PROBLEM, f"1 damaged: {entry.fingerprint[:8]}")


def test_an_entry_of_other_rules_is_a_warning(add, rules, workspace_of):
    add(Temperature=4.0)
    found = by_name(check_cache(workspace_of({**rules, "Temperature": 5.0}), time.time()))
    assert found["rules of entries"].level is Level.WARNING
    assert "`rehash`" in found["rules of entries"].remedy


def test_a_stale_lease_is_a_warning_and_a_held_one_is_not(add, cache, in_child):
    entry = add(runs=0)
    lease = entry.take(1)
    assert cache()["leases"].sentence == "1 held by living processes, none stale"
    in_child(lambda: entry.take(0) and 0)
    found = cache()["leases"]
    assert (found.level, found.sentence) == (Level.WARNING, f"1 whose holder died: {entry.fingerprint[:8]}")
    lease.end("stopped")


def test_repeated_crashes_are_a_problem(add, cache):
    entry = add(runs=0)
    for _ in range(MOST_CRASHES):
        assert "crashes" not in cache()
        entry.take(0).end("crashed")
    assert cache()["crashes"].level is Level.PROBLEM
    assert "failures" not in cache()


def test_a_failure_is_a_warning(add, cache):
    add(runs=0).take(0).end("failed")
    assert cache()["failures"].level is Level.WARNING


def test_a_file_time_in_the_future_is_a_warning(add, cache):
    add()
    assert cache()["clock"].level is Level.OK
    found = cache(now=time.time() - 3 * 3600 - 60)["clock"]
    assert (found.level, found.sentence) == (Level.WARNING, "a file in the cache has a time 3h in the future")


def test_leftovers_are_a_warning(add, cache, workspace):
    entry = add()
    staging = entry.path / "Work" / "005" / "staging-0011223344556677"
    staging.mkdir(parents=True)
    old = time.time() - 3600
    for place in (staging, staging.parent, staging.parent.parent):
        os.utime(place, (old, old))
    assert cache()["leftovers"].level is Level.WARNING


def test_a_cache_folder_that_does_not_exist_yet_is_ok(tmp_path):
    found = by_name(check_cache_folder(tmp_path / "new" / "cache"))
    assert found["cache folder"].sentence == f"{tmp_path}/new/cache does not exist yet; the first run creates it"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(("asked", "level"), [("may_read", Level.PROBLEM), ("may_write", Level.WARNING)])
def test_missing_permissions_for_a_folder_are_reported(tmp_path, monkeypatch, asked, level):
    monkeypatch.setattr(disk, asked, lambda path: False)  # as root is allowed everything
    assert by_name(check_cache_folder(tmp_path))["cache folder"].level is level


@pytest.mark.parametrize(
    ("free", "level"), [((1 << 30) - 1, Level.PROBLEM), (1 << 30, Level.WARNING), (10 << 30, Level.OK)]
)
def test_little_free_space_is_reported(tmp_path, monkeypatch, free, level):
    monkeypatch.setattr(disk, "space", lambda path: disk.Space(free, 1 << 40, 9_999))
    found = by_name(check_cache_folder(tmp_path))
    assert (found["free space"].level, found["free inodes"].level) == (level, Level.WARNING)


@pytest.mark.parametrize(
    ("kind", "level", "word"),
    [
        ("ext4", Level.OK, "ext4"),
        ("nfs4", Level.OK, "60 s after its last heartbeat"),
        ("fuse.sshfs", Level.WARNING, "hard links"),
        ("tmpfs", Level.WARNING, "lost when the machine restarts"),
        ("", Level.OK, "unknown"),
    ],
)
def test_the_file_system_is_reported_with_its_consequences(kind, level, word, tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "file_system", lambda path: kind)
    found = by_name(check_cache_folder(tmp_path))["file system"]
    assert (found.level, word in found.sentence) == (level, True)


def test_a_missing_data_folder_is_a_warning(tmp_path):
    assert check_data_folder(tmp_path).level is Level.OK
    assert check_data_folder(tmp_path / "absent").level is Level.WARNING


def test_versions_are_compared_as_numbers():
    assert numbers("2.11.0rc1+cu132") == (2, 11, 0)
    assert numbers("2.9") < numbers("2.11")


def test_a_package_that_is_missing_or_too_old_is_a_problem(tmp_path):
    (tmp_path / "requirements.txt").write_text("# words\nno-such-package>=1\npytest>=999.1\npytest>=1\n")
    found = by_name(check_packages(tmp_path / "requirements.txt"))["packages"]
    assert found.level is Level.PROBLEM
    assert found.sentence.startswith("no-such-package is missing; pytest ")
    assert found.sentence.endswith("is older than 999.1")


@pytest.mark.parametrize(
    ("environment", "printed", "level", "word"),
    [
        ({}, None, Level.OK, "training runs on the CPU"),
        ({"CUDA_VISIBLE_DEVICES": ""}, None, Level.OK, "training runs on the CPU"),
        ({"CUDA_VISIBLE_DEVICES": "1"}, None, Level.WARNING, "(CUDA_VISIBLE_DEVICES=1)"),
        ({}, "", Level.WARNING, "has no GPU"),
        ({"CUDA_VISIBLE_DEVICES": "0"}, "0, H100, 81559 MiB, 570.1", Level.OK, "H100, 81559 MiB, 570.1 (CUDA_VIS"),
    ],
)
def test_the_gpus_are_those_of_the_driver(environment, printed, level, word):
    found = check_gpus(environment, lambda *command: printed)
    assert (found.level, word in found.sentence) == (level, True)


def test_the_code_is_its_commit_and_whether_it_was_edited(tmp_path):
    answers = {"rev-parse": "abc1234", "status": " M a\n M b"}
    found = check_code(tmp_path, lambda *command: answers[command[3]])
    assert found.sentence == "commit abc1234, with 2 edited files: runs record that the code was edited"
    assert check_code(tmp_path, lambda *command: {**answers, "status": ""}[command[3]]).level is Level.OK
    assert check_code(tmp_path, lambda *command: None).level is Level.WARNING


def test_cores_are_at_most_those_of_this_process():
    words = check_cores({}).sentence.split()
    assert 1 <= int(words[0]) <= len(os.sched_getaffinity(0))


def test_rules_that_contradict_themselves_are_a_problem(tmp_path):
    (tmp_path / "BaselineConfig.cjson").write_text("{")
    found = by_name(doctor.examine(tmp_path, tmp_path))
    assert found["rules"].level is Level.PROBLEM
    assert "entries" not in found


def test_an_unreadable_cache_is_reported_with_all_other_checks(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise DiskError("cannot read it")

    monkeypatch.setattr(doctor, "check_cache", lambda workspace, now: (refuse() for _ in [0]))
    found = by_name(doctor.examine(tmp_path, tmp_path))
    assert (found["cache"].level, found["cache"].sentence) == (Level.PROBLEM, "cannot read it")


def test_the_doctor_changes_nothing(add, workspace, monkeypatch, snapshot):
    add()
    before, verbs = snapshot(workspace.store.root), []

    def note(verb, path, function, *arguments):
        verbs.append(verb)
        return function(*arguments)

    monkeypatch.setattr(system_calls, "_step", note)
    list(doctor.examine(workspace.store.root, workspace.data))
    assert set(verbs) == {"read"}
    assert snapshot(workspace.store.root) == before
