"""The door to the disk: whole files or none, clear errors, and no mistaking the living for the dead."""

import contextlib
import errno
import fcntl
import os
import signal

import pytest

from Arch import files
from Arch.errors import CacheAccessError, CorruptEntryError
from Arch.files import door

OTHER = "0123456789abcdef"


@pytest.fixture
def break_at(monkeypatch):
    """Makes the n-th write step fail (or, with code 0, kills the process) and gives the steps that were taken."""

    def arm(number, code=0, when=lambda function: True):
        taken = []

        def step(verb, path, function, *arguments):
            if verb == "write" and when(function):
                taken.append(function)
                if len(taken) == number:
                    if not code:
                        os.kill(os.getpid(), signal.SIGKILL)
                    raise OSError(code, os.strerror(code))
            return function(*arguments)

        monkeypatch.setattr(door, "_step", step)
        return taken

    yield arm
    monkeypatch.undo()


@pytest.fixture
def kill_at(break_at):
    """Runs an action in a child that is killed before its n-th write step; whether it came that far."""

    def run(number, action):
        pid = os.fork()
        if pid == 0:
            break_at(number)
            action()
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL

    return run


def test_what_is_written_is_read(tmp_path):
    files.write_atomically(tmp_path / "a", "gr\u00fcn\n")
    files.write_atomically(tmp_path / "a", "blau\n")
    files.write_synced(tmp_path / "b", b"\x00\xff")
    assert files.read_bytes(tmp_path / "a") == b"blau\n"
    assert files.read_bytes(tmp_path / "b") == b"\x00\xff"
    assert files.list_folder(tmp_path) == ["a", "b"]


def test_json_comes_back_and_keeps_its_order(tmp_path):
    document = {"b": [1, 2.5, None, True], "a": {"\u00e9": "lone \ud800"}}
    files.write_json(tmp_path / "a.json", document)
    assert files.read_json(tmp_path / "a.json") == document
    assert list(files.read_json(tmp_path / "a.json")) == ["b", "a"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_refuses_what_is_not_finite_and_writes_nothing(tmp_path, value):
    with pytest.raises(ValueError, match="JSON compliant"):
        files.write_json(tmp_path / "a.json", {"a": value})
    assert files.list_folder(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b'{"a": 1', b"[1]", b"3", b'{"a": Infinity}', b"\xff", b"[" * 100_000])
def test_json_that_is_no_object_is_one_error_with_its_file_and_what_to_do(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(
        CorruptEntryError, match=rf"^{tmp_path}/a\.json is torn or was edited: .*Restore .*{tmp_path} out"
    ):
        files.read_json(tmp_path / "a.json")


def test_the_digest_of_abc_is_that_of_the_standard(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1.
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert files.size_and_sha256(tmp_path / "a") == (3, digest)
    assert files.size_of(tmp_path / "a") == 3


def test_what_is_absent_is_absent(tmp_path):
    for read in (files.read_bytes, files.read_json, files.size_and_sha256, files.size_of):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "a")
    (tmp_path / "file").write_text("")
    assert not files.exists(tmp_path / "a")
    assert not files.exists(tmp_path / "file" / "below")
    assert files.list_folder(tmp_path / "a") == []


def test_all_files_below_a_folder_are_listed_by_their_relative_path(tmp_path):
    for name in ("b", "a/c", "a/d/e"):
        files.make_folder((tmp_path / name).parent)
        files.write_synced(tmp_path / name, "")
    files.make_folder(tmp_path / "empty")
    assert list(files.files_below(tmp_path)) == ["a/c", "a/d/e", "b"]


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.ENOSPC, "no space left on device. Free some space"),
        (errno.EROFS, "read-only file system. This file system is read-only: name another folder"),
        (errno.EACCES, "permission denied. You lack the permission: change the owner or the mode"),
        (errno.EIO, "input/output error. Check the disk"),
    ],
)
def test_what_the_system_refuses_is_said_with_the_path_and_a_remedy(tmp_path, break_at, code, remedy):
    break_at(1, code)
    with pytest.raises(CacheAccessError) as caught:
        files.write_synced(tmp_path / "a", "x")
    assert str(caught.value).startswith(f"cannot write {tmp_path}/a: {remedy}")
    assert (caught.value.errno, caught.value.filename) == (code, f"{tmp_path}/a")


def test_what_cannot_be_read_is_said_as_well(tmp_path):
    with pytest.raises(CacheAccessError, match=f"cannot read {tmp_path}: is a directory"):
        files.read_bytes(tmp_path)


def test_a_stale_handle_of_a_network_file_means_absent(monkeypatch, tmp_path):
    def step(*_):
        raise OSError(errno.ESTALE, "stale")

    monkeypatch.setattr(door, "_step", step)
    assert not files.exists(tmp_path)


def test_refused_at_any_step_the_old_content_stays_or_the_new_is_there(tmp_path, break_at, monkeypatch):
    path = tmp_path / "a"
    for number in range(1, 20):
        path.write_text("old")
        taken = break_at(number, errno.ENOSPC)
        with contextlib.suppress(CacheAccessError):
            files.write_atomically(path, "new")
        if len(taken) < number:
            break
        assert path.read_text() in ("old", "new")
        monkeypatch.undo()
        files.write_atomically(path, "newer")
        assert (path.read_text(), files.list_folder(tmp_path)) == ("newer", ["a"])
    assert 5 < number < 19


@pytest.mark.parametrize(
    ("act", "name"),
    [
        (lambda path: files.write_atomically(path, "x"), "replace"),
        (lambda path: files.write_new(path, "x"), "link"),
        (files.make_folder, "mkdir"),
    ],
)
def test_a_new_name_is_forced_to_the_disk_after_the_content(tmp_path, monkeypatch, act, name):
    steps = []

    def step(verb, path, function, *arguments):
        steps.append((function.__name__, os.fspath(path)))
        return function(*arguments)

    monkeypatch.setattr(door, "_step", step)
    act(tmp_path / "a")
    named = steps.index((name, str(tmp_path / "a")))
    assert ("fsync", str(tmp_path)) in steps[named:]
    assert name == "mkdir" or any(each == "fsync" and path.endswith(".tmp") for each, path in steps[:named])


@pytest.mark.parametrize("write", [files.write_atomically, files.write_new])
def test_killed_at_any_step_leaves_whole_files_and_the_next_write_tidies_up(tmp_path, kill_at, write):
    number, leftovers = 1, 0
    while kill_at(number, lambda: write(tmp_path / "a", "new")):
        assert not (tmp_path / "a").exists() or (tmp_path / "a").read_text() == "new"
        leftovers += len(set(files.list_folder(tmp_path)) - {"a"})
        files.write_atomically(tmp_path / "other", "x")
        assert set(files.list_folder(tmp_path)) <= {"a", "other"}
        (tmp_path / "a").unlink(missing_ok=True)
        number += 1
    assert number > 5
    assert leftovers >= 3


def test_what_a_living_writer_has_in_hand_and_foreign_files_are_not_tidied_up(tmp_path):
    held = files.hold(tmp_path, ".a.", ".tmp")
    for name in (".hidden.tmp", f"a.{OTHER}.tmp", ".a.0123.tmp"):
        (tmp_path / name).write_text("foreign")
    files.write_atomically(tmp_path / "b", "x")
    assert len(files.list_folder(tmp_path)) == 5
    os.close(held.descriptor)
    files.write_atomically(tmp_path / "b", "x")
    assert not held.path.exists()


def test_a_hold_that_is_mistaken_for_a_leftover_at_its_birth_is_made_again_under_another_name(tmp_path, monkeypatch):
    mistaken = []

    def step(verb, path, function, *arguments):
        if function is fcntl.flock and not mistaken:
            mistaken.append(path)
            assert files.remove_abandoned(path)
        return function(*arguments)

    monkeypatch.setattr(door, "_step", step)
    hold = files.hold(tmp_path, "a-", ".hold")
    assert [path.name for path in tmp_path.iterdir()] == [hold.path.name] != [mistaken[0].name]
    hold.let_go()
    assert files.list_folder(tmp_path) == []


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_where_there_are_no_locks_a_hold_still_works_and_nothing_is_taken_for_dead(tmp_path, break_at, code):
    break_at(1, code, when=lambda function: function is fcntl.flock)
    hold = files.hold(tmp_path, "a-", ".hold")
    break_at(1, code, when=lambda function: function is fcntl.flock)
    assert not files.remove_abandoned(hold.path)
    hold.let_go()
    assert not files.remove_abandoned(hold.path)


def test_a_new_file_is_written_once(tmp_path):
    assert files.write_new(tmp_path / "a", "first")
    assert not files.write_new(tmp_path / "a", "second")
    assert (tmp_path / "a").read_text() == "first"
    assert files.list_folder(tmp_path) == ["a"]


def test_a_short_write_is_completed(tmp_path, monkeypatch):
    def step(verb, path, function, *arguments):
        return function(arguments[0], arguments[1][:3]) if function is os.write else function(*arguments)

    monkeypatch.setattr(door, "_step", step)
    files.write_synced(tmp_path / "a", "0123456789")
    assert (tmp_path / "a").read_text() == "0123456789"


def test_a_rename_never_takes_a_name_that_holds_something(tmp_path):
    for name in ("mine", "theirs"):
        files.make_folder(tmp_path / name)
        files.write_synced(tmp_path / name / "file", name)
    assert not files.rename_new(tmp_path / "mine", tmp_path / "theirs")
    assert files.read_bytes(tmp_path / "theirs" / "file") == b"theirs"
    assert files.read_bytes(tmp_path / "mine" / "file") == b"mine"
    files.make_folder(tmp_path / "empty")
    assert files.rename_new(tmp_path / "mine", tmp_path / "empty")
    assert files.rename_new(tmp_path / "empty", tmp_path / "new")
    assert files.list_folder(tmp_path) == ["new", "theirs"]


def test_a_rename_of_nothing_or_onto_a_file_is_refused(tmp_path):
    with pytest.raises(CacheAccessError, match="no such file"):
        files.rename_new(tmp_path / "absent", tmp_path / "new")
    files.make_folder(tmp_path / "folder")
    files.write_synced(tmp_path / "file", "")
    with pytest.raises(CacheAccessError, match="A file stands where a folder is expected"):
        files.rename_new(tmp_path / "folder", tmp_path / "file")


def test_folders_are_made_down_to_the_last(tmp_path):
    files.make_folder(tmp_path / "a" / "b" / "c")
    files.make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_a_file_in_a_folders_place_is_refused(tmp_path):
    files.write_synced(tmp_path / "a", "")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for path in (tmp_path / "a", tmp_path / "a" / "b", tmp_path / "link"):
        with pytest.raises(CacheAccessError, match=rf"cannot write {path}: not a .*move it away"):
            files.make_folder(path)


def test_removing_a_tree_follows_no_link(tmp_path):
    files.make_folder(tmp_path / "tree" / "below")
    files.make_folder(tmp_path / "kept")
    files.write_synced(tmp_path / "kept" / "file", "x")
    files.write_synced(tmp_path / "tree" / "below" / "file", "x")
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "kept")
    (tmp_path / "tree" / "dangling").symlink_to(tmp_path / "nowhere")
    files.remove_tree(tmp_path / "tree")
    files.remove_tree(tmp_path / "tree")
    assert list(files.files_below(tmp_path)) == ["kept/file"]


def test_removing_what_is_gone_or_in_use_is_no_fault(tmp_path):
    files.write_synced(tmp_path / "a", "")
    files.remove(tmp_path / "absent")
    files.remove_empty_folder(tmp_path / "absent")
    files.remove_empty_folder(tmp_path)
    files.remove(tmp_path / "a")
    assert files.list_folder(tmp_path) == []


def test_a_folder_that_cannot_be_synced_is_let_be_but_a_sick_disk_is_not(tmp_path, break_at):
    break_at(1, errno.EINVAL)
    files.sync_folder(tmp_path)
    break_at(1, errno.EIO)
    with pytest.raises(CacheAccessError):
        files.sync_folder(tmp_path)
