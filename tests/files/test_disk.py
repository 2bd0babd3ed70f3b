"""Properties of a disk; oracles are the documented format of the kernel and the standard library."""

import shutil

import pytest

from Arch.files import disk

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw
23 22 0:40 / /data rw,relatime - nfs4 server:/data rw,vers=4.2
24 23 0:41 / /data/fast rw - xfs /dev/sdb rw
25 22 0:42 / /my\\040disk rw master:1 propagate_from:2 - fuse.sshfs other:/ rw
26 22 0:43 / /data/fast rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/home/x", "ext4"),
        ("/data", "nfs4"),
        ("/data/cache", "nfs4"),
        ("/database", "ext4"),
        ("/data/fast/cache", "tmpfs"),
        ("/my disk/cache", "fuse.sshfs"),
    ],
)
def test_the_deepest_and_last_mount_above_a_folder_counts(tmp_path, place, kind):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert disk.file_system(place, mounts) == kind


def test_without_a_list_of_mounts_the_type_is_unknown(tmp_path):
    assert disk.file_system(tmp_path, tmp_path / "absent") == ""


def test_the_space_is_that_of_the_standard_library(tmp_path):
    usage, found = shutil.disk_usage(tmp_path), disk.space(tmp_path)
    assert found.size == usage.total
    assert abs(found.free - usage.free) < 2**28
    with pytest.raises(FileNotFoundError):
        disk.space(tmp_path / "absent")


def test_permissions_are_queried_without_writing(tmp_path):
    before = sorted(tmp_path.iterdir())
    assert disk.may_read(tmp_path)
    assert disk.may_write(tmp_path)
    assert not disk.may_read(tmp_path / "absent")
    assert not disk.may_write(tmp_path / "absent")
    assert sorted(tmp_path.iterdir()) == before
