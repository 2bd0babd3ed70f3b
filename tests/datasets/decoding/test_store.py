"""The store of decoded images: complete or absent, also after kills and with concurrent processes."""

import errno
import hashlib
import json
import multiprocessing
import os
import signal
import time

import numpy as np
import pytest
import torch

from Arch.datasets.dataset import Images
from Arch.datasets.decoding.store import ImageWriter, decoded
from Arch.datasets.digest import ImageDigest
from Arch.errors import DataError
from tests.special_files import put_pipe

# The children only write files; they use no thread of the parent process.
forks = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 2, 3, 3), dtype=np.uint8)
LABELS = [0, 1, 1, 0, 1]


def write(folder):
    with ImageWriter(folder, PIXELS.shape, ("a", "b")) as writer:
        writer.add(PIXELS[:2])
        writer.add(PIXELS[2:])
        writer.finish(LABELS)


def refuse(folder):
    raise AssertionError("decoded again")


def partials(root):
    return list((root / "decoded").glob(".partial-*"))


def test_written_images_are_mapped_from_the_file(root):
    images = decoded(root, "key", write)
    assert images.pixels.permute(0, 2, 3, 1).numpy().tolist() == PIXELS.tolist()
    assert images.labels.tolist() == LABELS
    assert images.classes == ("a", "b")
    assert partials(root) == []


def test_the_digest_is_sha256_of_header_pixels_and_labels(root):
    header = b'{"Shape":[5,2,3,3],"Classes":["a","b"]}\n'
    labels = b"".join(label.to_bytes(8, "little") for label in LABELS)
    expected = hashlib.sha256(header + PIXELS.tobytes() + labels).hexdigest()
    assert decoded(root, "key", write).digest == expected
    assert Images.of(torch.from_numpy(PIXELS).permute(0, 3, 1, 2), torch.tensor(LABELS), ("a", "b")).digest == expected


def test_the_second_reading_decodes_nothing(root):
    first = decoded(root, "key", write)
    assert decoded(root, "key", refuse).digest == first.digest


def test_writing_to_mapped_pixels_does_not_change_the_file(root):
    decoded(root, "key", write).pixels.zero_()
    assert decoded(root, "key", refuse).pixels.permute(0, 2, 3, 1).numpy().tolist() == PIXELS.tolist()


def damage_pixels(folder):
    content = bytearray((folder / "Images.bin").read_bytes())
    content[7] ^= 1
    (folder / "Images.bin").write_bytes(content)


def damage_labels(folder):
    content = bytearray((folder / "Images.bin").read_bytes())
    content[-1] ^= 1
    (folder / "Images.bin").write_bytes(content)


DAMAGES = {
    "a pixel changed": damage_pixels,
    "a label changed": damage_labels,
    "pixels cut short": lambda folder: os.truncate(folder / "Images.bin", 10),
    "pixels missing": lambda folder: (folder / "Images.bin").unlink(),
    "document missing": lambda folder: (folder / "Images.json").unlink(),
    "document truncated": lambda folder: (folder / "Images.json").write_text('{"Shape": [5, 2'),
    "document of another kind": lambda folder: (folder / "Images.json").write_text("[]"),
    "document nested deeply": lambda folder: (folder / "Images.json").write_text('{"Shape": ' + "[" * 90_000),
    "document that is a named pipe": lambda folder: put_pipe(without(folder / "Images.json")),
    "pixels that are a named pipe": lambda folder: put_pipe(without(folder / "Images.bin")),
    "document with another shape": lambda folder: (folder / "Images.json").write_text('{"Shape": [1], "Classes": []}'),
}


def without(path):
    path.unlink()
    return path


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_detected_and_repaired(damage, root):
    decoded(root, "key", write)
    folder = root / "decoded" / "key"
    DAMAGES[damage](folder)
    if (folder / "Images.bin").exists():
        os.utime(folder / "Images.bin", ns=(0, 0))
    images = decoded(root, "key", write)
    assert images.pixels.permute(0, 2, 3, 1).numpy().tolist() == PIXELS.tolist()
    assert images.labels.tolist() == LABELS
    assert partials(root) == []


def test_a_truncated_file_is_detected_by_its_size(root):
    decoded(root, "key", write)
    path = root / "decoded" / "key" / "Images.bin"
    finished = path.stat().st_mtime_ns
    os.truncate(path, 10)
    os.utime(path, ns=(finished, finished))
    assert decoded(root, "key", write).labels.tolist() == LABELS


def test_damage_that_cannot_be_removed_is_an_error(root, monkeypatch):
    decoded(root, "key", write)
    damage_pixels(root / "decoded" / "key")

    def refuse_rename(*arguments):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(type(root), "rename", refuse_rename)
    with pytest.raises(DataError, match=r"decoded/key is damaged and cannot be removed: read-only file system"):
        decoded(root, "key", refuse)


def test_a_copied_folder_is_used_after_a_check_of_its_digest(root):
    decoded(root, "key", write)
    os.utime(root / "decoded" / "key" / "Images.bin", ns=(1, 1))
    assert decoded(root, "key", refuse).labels.tolist() == LABELS


def test_a_copied_folder_is_checked_once(root, monkeypatch):
    decoded(root, "key", write)
    os.utime(root / "decoded" / "key" / "Images.bin", ns=(1, 1))
    digest = decoded(root, "key", refuse).digest
    monkeypatch.setattr(ImageDigest, "update_from", refuse)
    assert decoded(root, "key", refuse).digest == digest
    assert sorted(path.name for path in (root / "decoded" / "key").iterdir()) == ["Images.bin", "Images.json"]


def test_a_failed_decoding_leaves_no_files(root):
    def fail(folder):
        with ImageWriter(folder, PIXELS.shape, ("a", "b")) as writer:
            writer.add(PIXELS)
            raise DataError("corrupt image")

    with pytest.raises(DataError, match=r"corrupt image"):
        decoded(root, "key", fail)
    assert list((root / "decoded").iterdir()) == []
    assert [path.name for path in root.iterdir()] == ["decoded"]


def test_an_unwritable_data_folder_is_named_in_the_error(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(DataError, match=r"cannot write decoded images to .*data/decoded: not a directory"):
        decoded(tmp_path / "data", "key", write)


def test_a_full_disk_is_an_error_and_leaves_no_files(root, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match=r"no space left on device. Free some space"):
        decoded(root, "key", write)
    assert list((root / "decoded").iterdir()) == []


def digests_of_three(root, decode):
    """Returns the digests that three concurrent processes read under the same key."""
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    children = [context.Process(target=lambda: answers.put(decoded(root, "key", decode).digest)) for _ in range(3)]
    for child in children:
        child.start()
    digests = {answers.get(timeout=20) for _ in children}
    for child in children:
        child.join(10)
    return digests


@forks
def test_one_of_several_processes_decodes_and_the_others_wait(root):
    times = multiprocessing.get_context("fork").Value("i", 0)

    def count(folder):
        with times:
            times.value += 1
        write(folder)

    assert digests_of_three(root, count) == {decoded(root, "key", refuse).digest}
    assert times.value == 1


@forks
def test_without_locks_all_processes_decode_and_share_one_folder(root, monkeypatch):
    def no_locks(*arguments):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    barrier = multiprocessing.get_context("fork").Barrier(3)

    def together(folder):
        write(folder)
        barrier.wait(10)  # all three have finished writing before the first rename

    assert digests_of_three(root, together) == {decoded(root, "key", refuse).digest}
    assert [path.name for path in (root / "decoded").iterdir()] == ["key"]


@forks
@pytest.mark.parametrize("is_finished", [False, True])
def test_a_killed_decoder_leaves_no_complete_folder(is_finished, root):
    context = multiprocessing.get_context("fork")
    reached = context.Event()

    def die_slowly(folder):
        write(folder)
        if not is_finished:
            (folder / "Images.json").unlink()
        reached.set()
        time.sleep(60)

    child = context.Process(target=decoded, args=(root, "key", die_slowly))
    child.start()
    assert reached.wait(20)
    os.kill(child.pid, signal.SIGKILL)
    child.join(10)
    assert not (root / "decoded" / "key").exists()
    assert decoded(root, "key", write).labels.tolist() == LABELS


def test_the_document_records_the_modification_time_of_the_pixels(root):
    decoded(root, "key", write)
    document = json.loads((root / "decoded" / "key" / "Images.json").read_text())
    assert document["Finished"] == (root / "decoded" / "key" / "Images.bin").stat().st_mtime_ns
