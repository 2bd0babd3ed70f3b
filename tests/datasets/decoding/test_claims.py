"""Files of data that claim more than they hold, or unpack to it, end in a sentence and not in the machine's memory."""

import gzip
import struct
import zipfile
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.io
from PIL import Image

from Arch.datasets.decoding import archive_files, array_files, folder_files, image_files
from Arch.datasets.decoding.archive_files import ArchiveFiles
from Arch.datasets.decoding.array_files import arrays_in
from Arch.datasets.decoding.folder_files import FolderFiles, ListedFiles
from Arch.datasets.decoding.image_files import ImageFile
from Arch.datasets.decoding.images import decode_images
from Arch.datasets.decoding.matlab import read_matlab
from Arch.datasets.decoding.parquet_rows import ParquetTable
from Arch.datasets.decoding.store import ImageWriter
from Arch.datasets.sources import digit_images, text_lists
from Arch.datasets.sources.digit_images import read_idx
from Arch.datasets.sources.text_lists import lines_of
from Arch.errors import DataError
from tests.datasets.tiny_images import tiny_files, write_folder, write_zip


def npy(shape, content=b"", kind="|u1", by_column=False):
    """Returns an .npy file whose header states a shape."""
    header = f"{{'descr': '{kind}', 'fortran_order': {by_column}, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + content


def in_npz(path, content):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", content)
    return path


CLAIMS = {
    "ten terabytes": npy((10**13,), b"x"),
    "ten terabytes by column": npy((10, 10**12), b"x", by_column=True),
    "more than numbers can count": npy((10**30, 10**30), b"x"),
    "a negative length": npy((-1, 3), b"xxx"),
    "a sample of gigabytes": npy((2, 2**31), b"x"),
    "no tuple": npy("(" * 200 + ")" * 200),
    "a header of gigabytes": b"\x93NUMPY\x02\0" + struct.pack("<I", 2**32 - 1) + b"{",
}


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
@pytest.mark.parametrize("claim", CLAIMS)
def test_an_array_that_states_what_is_not_there_is_damaged(claim, name, tmp_path):
    path = tmp_path / name
    path.write_bytes(CLAIMS[claim]) if name == "a.npy" else in_npz(path, CLAIMS[claim])
    with pytest.raises(DataError, match=rf"cannot read .*{name}: .* Replace it"), arrays_in(path) as arrays:
        [list(array.parts()) for array in arrays.values()]


def test_rows_without_a_byte_are_read_at_once_however_many_they_are(tmp_path):
    with arrays_in(in_npz(tmp_path / "a.npz", npy((10**15, 0)))) as arrays:
        assert list(arrays["x"].parts()) == []


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_that_does_not_fit_into_memory_is_not_read_as_a_whole(order, tmp_path, monkeypatch):
    np.savez(tmp_path / "a.npz", x=np.ones((20, 30), order=order))
    monkeypatch.setattr(array_files, "fits_memory", lambda size: size < 4800)
    with arrays_in(tmp_path / "a.npz") as arrays:
        with pytest.raises(DataError, match="which does not fit into memory"):
            arrays["x"].whole()
        if order == "F":
            with pytest.raises(DataError, match="save it row by row"):
                list(arrays["x"].parts())


def test_an_npy_file_of_another_kind_is_damaged(tmp_path):
    np.savez(tmp_path / "a.npz", x=1)
    (tmp_path / "a.npz").rename(tmp_path / "a.npy")
    with pytest.raises(DataError, match=r"cannot read .*a\.npy"), arrays_in(tmp_path / "a.npy"):
        pass


@pytest.mark.parametrize("error", [MemoryError, RecursionError, OverflowError, IndexError, struct.error])
def test_whatever_scipy_raises_for_a_file_names_it(error, tmp_path, monkeypatch):
    def fail(path):
        raise error

    (tmp_path / "a.mat").write_bytes(b"MATLAB")
    monkeypatch.setattr(scipy.io, "loadmat", fail)
    with pytest.raises(DataError, match=rf"cannot read .*a\.mat: {error.__name__}"):
        read_matlab(tmp_path / "a.mat")


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyError, AttributeError, OverflowError, RecursionError])
def test_whatever_pillow_raises_for_an_image_names_it(error, tmp_path, monkeypatch):
    def fail(file):
        raise error("x")

    write_folder(tmp_path / "data", tiny_files())
    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(DataError, match=r"cannot decode .*data/train/cat/0\.png: "):
        decode_images(FolderFiles(tmp_path / "data", "train", has_own_path=False), None, tmp_path)


def opened(path):
    with ArchiveFiles(path, "train", has_own_path=False).opened() as files:
        return [files.read(file) for file in files.listed]


def test_a_member_that_is_too_large_for_an_image_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(image_files, "MOST_BYTES", 1000)
    path = write_zip(tmp_path / "x.zip", {"train/cat/0.png": bytes(1001)})
    with pytest.raises(
        DataError, match=r"cannot read train/cat/0\.png in .*: it has .*, more than the .* largest images"
    ):
        opened(path)


def test_a_file_that_is_too_large_for_an_image_is_not_read(tmp_path):
    write_folder(tmp_path / "data", {"train/cat/0.png": b""})
    with (tmp_path / "data/train/cat/0.png").open("wb") as file:
        file.truncate(1 << 40)  # without taking a block of the disk
    with (
        pytest.raises(DataError, match=r"cannot read .*0\.png: it has 1\.0 TB"),
        FolderFiles(tmp_path / "data", "train", has_own_path=False).opened() as files,
    ):
        files.read(files.listed[0])


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_with_two_members_of_one_name_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for content in (b"1", b"2"):
            archive.writestr("train/cat/0.png", content)
    with pytest.raises(DataError, match=r"x\.zip has two members 'train/cat/0\.png'"):
        opened(tmp_path / "x.zip")


def test_an_encrypted_archive_is_refused(tmp_path):
    content = bytearray(write_zip(tmp_path / "x.zip", tiny_files()).read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1  # the flag in the list of members
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"x\.zip is encrypted"):
        opened(tmp_path / "x.zip")


def test_an_archive_with_too_many_members_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive_files, "_MOST_MEMBERS", 11)
    with pytest.raises(DataError, match="has 12 members, where 11 are read"):
        opened(write_zip(tmp_path / "x.zip", tiny_files()))


def test_links_that_show_the_same_folders_again_and_again_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_files, "_MOST_FOLDERS", 100)
    top = tmp_path / "data" / "train"
    for depth in range(30):  # 2^30 paths
        (top / str(depth)).mkdir(parents=True)
        for link in "ab":
            (top / str(depth) / link).symlink_to(top / str(depth + 1))
    (top / "30").mkdir()
    with (
        pytest.raises(DataError, match=r"train has more than 100 folders or .* links lead to the same ones"),
        FolderFiles(tmp_path / "data", "train", has_own_path=False).opened(),
    ):
        pass


@pytest.mark.parametrize("name", ["../secret.png", "/etc/secret.png", "a/../../secret.png", "a\0b.png"])
def test_an_image_that_is_listed_outside_of_its_folder_is_refused(name, tmp_path):
    with pytest.raises(DataError, match="which is not below it"):
        ListedFiles(tmp_path, (ImageFile("cat", "a/..b.png"), ImageFile("cat", name)))


def test_a_list_of_gigabytes_is_not_read(tmp_path):
    with (tmp_path / "images.txt").open("wb") as file:
        file.truncate(text_lists._MOST_BYTES + 1)
    with pytest.raises(DataError, match=r"images\.txt has more than 256 MB, which is no list of images"):
        lines_of(tmp_path / "images.txt", 2)


def test_a_compressed_idx_file_that_unpacks_to_far_more_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(digit_images, "_ALLOWANCE", 0)
    header = struct.pack(">BBBBI", 0, 0, 8, 1, 1_000_000)
    (tmp_path / "labels.gz").write_bytes(gzip.compress(header + bytes(1_000_000)))
    with pytest.raises(DataError, match=r"labels\.gz unpacks to far more than its size"):
        read_idx(tmp_path / "labels.gz", 1)


def table(monkeypatch, labels):
    """Returns a table whose reader is replaced by a column of labels."""
    column = SimpleNamespace(column=lambda name: np.asarray(labels))
    reader = SimpleNamespace(read=lambda columns: column, schema_arrow=SimpleNamespace(metadata=None))
    monkeypatch.setattr(ParquetTable, "_opened", contextmanager(lambda self: iter([[reader]])))
    return ParquetTable((Path("data/train-0.parquet"),))


def test_labels_beyond_the_number_of_rows_are_refused(monkeypatch):
    with pytest.raises(DataError, match=r"train-0\.parquet go up to 4000000000000000000, but there are only 3 rows"):
        table(monkeypatch, [0, 1, 4 * 10**18]).labels("label")


@pytest.mark.parametrize("error", [NotImplementedError, MemoryError, IndexError])
def test_whatever_pyarrow_raises_names_the_files(error):
    files = ParquetTable((Path("data/train-0.parquet"),))
    with pytest.raises(DataError, match=r"cannot read data: .* undamaged copies"), files._reading():
        raise error


def test_images_that_exceed_the_free_space_are_not_begun(tmp_path):
    with pytest.raises(DataError, match=r"the decoded images take 2\d\d,?\d* TB, but only .* are free in"):
        ImageWriter(tmp_path, (10**9, 512, 512, 1), ("a",))
    assert not list(tmp_path.iterdir())
