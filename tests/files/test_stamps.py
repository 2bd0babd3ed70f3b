"""Stamps of files and folders; the oracle is `os.stat`."""

import os

import pytest

from Arch.files.stamps import Stamp, record_of, stamps_from, stamps_of


def test_a_file_has_its_size_and_time(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(b"12345")
    os.utime(path, ns=(1, 1_700_000_000_123_456_789))
    assert stamps_of([path]) == (Stamp(str(path), 5, 1_700_000_000_123_456_789),)


def test_missing_paths_have_no_stamp(tmp_path):
    assert stamps_of([tmp_path / "none", "nul\0"]) == ()


def test_a_new_file_in_a_class_changes_the_stamp_of_the_dataset(tmp_path):
    folder = tmp_path / "train" / "cat"
    folder.mkdir(parents=True)
    for path in (folder, folder.parent, tmp_path):
        os.utime(path, ns=(1, 1))
    before = stamps_of([tmp_path])
    assert before == (Stamp(str(tmp_path), 3, 1),)
    (folder / "1.png").write_bytes(b"")
    assert not stamps_of([tmp_path])[0].is_like(before[0])


def test_a_link_to_a_folder_above_ends(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path)
    assert stamps_of([tmp_path])[0].size == 1


def test_a_record_gives_the_stamps_back():
    stamps = (Stamp("/a", 1, 2), Stamp("/b", 3, 4))
    assert stamps_from(record_of(stamps)) == stamps


@pytest.mark.parametrize("record", [None, 5, {}, [5], [["a", "b", 1]], [["a", 1]], [["a", True, 1]]])
def test_a_record_of_another_form_has_no_stamps(record):
    assert stamps_from(record) == ()
