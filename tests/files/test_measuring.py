"""Total sizes and latest changes of files and folders."""

import os
from pathlib import Path

import pytest

from Arch import files
from Arch.errors import DiskError


def at(path, content, seconds):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (seconds, seconds))


def test_a_folder_has_the_size_of_its_files_and_the_time_of_the_latest_change(tmp_path):
    at(tmp_path / "a/one", b"123", 100)
    at(tmp_path / "a/b/two", b"4567", 300)
    for folder in ("a/b", "a"):
        os.utime(tmp_path / folder, (200, 200))
    assert files.measure(tmp_path / "a") == files.Measure(7, 300)
    assert files.measure(tmp_path / "a/one") == files.Measure(3, 100)
    os.utime(tmp_path / "a", (400, 400))
    assert files.measure(tmp_path / "a").changed == 400


def test_an_absent_path_measures_zero_and_a_link_is_not_followed(tmp_path):
    assert files.measure(tmp_path / "absent") == files.Measure(0, 0)
    at(tmp_path / "big", b"x" * 1000, 100)
    (tmp_path / "link").symlink_to("big")
    assert files.measure(tmp_path / "link").size == len("big")


def test_a_path_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(DiskError, match="too long"):
        files.measure(tmp_path / ("x" * 300))


def test_folders_in_each_other_are_measured_at_any_depth(tmp_path):
    folders = [Path(f"{tmp_path}/{'d/' * depth}") for depth in range(1, 1501)]
    for folder in folders:
        folder.mkdir()
    at(folders[-1] / "x", b"123", 100)
    found = files.measure(tmp_path).size
    (folders[-1] / "x").unlink()
    for folder in reversed(folders):
        folder.rmdir()
    assert found == 3
