"""Each fault in the user's images gives a DataError that names it, and leaves no files."""

import re

import numpy as np
import pytest
from PIL import Image

from Arch.datasets.loading import load
from Arch.datasets.sources.image_folder import ImageFolder
from Arch.errors import DataError
from tests.datasets.tiny_images import encoded, photo, tiny_files, write_folder, write_zip


def changed(**changes):
    return {**tiny_files(), **{name.replace("__", "/") + ".png": data for name, data in changes.items()}}


def without(prefix):
    return {name: data for name, data in tiny_files().items() if not name.startswith(prefix)}


def truncated_zip(path):
    content = write_zip(path, tiny_files()).read_bytes()
    path.write_bytes(content[: len(content) // 2])


def bad_checksum(path):
    content = bytearray(write_zip(path, tiny_files()).read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)


SIXTEEN_BITS = encoded(np.arange(36, dtype=np.uint16).reshape(6, 6) * 1000)

ARCHIVES = {
    "corrupt image": (
        changed(train__cat__1=b"\xff\xd8 damaged"),
        "cannot decode train/cat/1.png in .*x.zip: not an image",
    ),
    "truncated image": (changed(train__cat__1=encoded(photo(1, 32))[:200]), "cannot decode train/cat/1.png in .*x.zip"),
    "empty image": (changed(train__cat__1=b""), "cannot decode train/cat/1.png in .*x.zip"),
    "first image corrupt": (changed(train__cat__0=b"?"), "cannot decode train/cat/0.png in .*x.zip"),
    "sixteen bits": (changed(train__dog__0=SIXTEEN_BITS), "train/dog/0.png in .* has more than 8 bits"),
    "climbing member": (changed(**{"..__train__cat__9": b""}), "member '../train/cat/9.png'.* leads out"),
    "climbing from within": (changed(**{"train__..__..__9": b""}), "member 'train/../../9.png'"),
    "absolute member": (changed(__etc__9=b""), "member '/etc/9.png'.* absolute"),
    "windows member": (changed(**{"C:__9": b""}), "member 'C:/9.png'.* absolute"),
    "class missing in test": (
        without("test/dog"),
        r"the test split of pets \(.*x.zip\) lacks class 'dog', which its train",
    ),
    "class missing in train": (without("train/dog"), r"the train split of pets .* lacks class 'dog', which its test"),
    "split missing": (without("test"), "x.zip has no test/ or val/ or valid/ at its top"),
    "no images": ({"train/cat/readme.txt": b"words"}, "x.zip holds no images in train/"),
    "empty": ({}, "x.zip has no train/ at its top"),
    "unequal sizes": (
        changed(train__dog__1=encoded(photo(1, 7))),
        r"train/dog/1.png in .* has 7x7 pixels .*, but train/cat/0.png in .* has 6x6. Set DownSample",
    ),
    "splits of different size": (
        {name: encoded(photo(1, 5 if "test" in name else 6)) for name in tiny_files()},
        "are 3x6x6 .* in the train split and 3x5x5",
    ),
    "one split grey": (
        {name: encoded(photo(1, channels=1 if "test" in name else 3)) for name in tiny_files()},
        "are 3x6x6 .* in the train split and 1x6x6",
    ),
}


@pytest.mark.parametrize("fault", ARCHIVES)
def test_a_faulty_archive_is_a_data_error(fault, tmp_path, root):
    files, message = ARCHIVES[fault]
    path = write_zip(tmp_path / "x.zip", files)
    with pytest.raises(DataError, match=message):
        load(ImageFolder("pets"), root, data_path=path)
    assert not list(root.glob("decoded/.partial-*"))


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (truncated_zip, "x.zip is not a readable zip archive"),
        (bad_checksum, "cannot read train/cat/0.png in .*x.zip"),
        (lambda path: path.write_bytes(b"plain words"), "x.zip is not a readable zip archive"),
        (lambda path: path.write_bytes(b""), "x.zip is not a readable zip archive"),
        (lambda path: path.mkdir(), "x.zip has no train/ at its top"),
        (lambda path: None, "there is no .*x.zip. DataPath must name"),
    ],
    ids=["truncated", "bad checksum", "not a zip", "empty file", "empty folder", "absent"],
)
def test_a_path_without_an_archive_is_a_data_error(write, message, tmp_path, root):
    write(tmp_path / "x.zip")
    with pytest.raises(DataError, match=message):
        load(ImageFolder("pets"), root, data_path=tmp_path / "x.zip")


def test_the_error_for_a_missing_split_has_all_its_names(tmp_path, root):
    write_zip(tmp_path / "x-train.zip", tiny_files())
    with pytest.raises(DataError, match=r"there is no .*x-test.zip or .*x-val.zip or .*x-valid.zip"):
        load(ImageFolder("pets"), root, data_path=tmp_path / "x-{split}.zip")


@pytest.mark.parametrize("path", ["", "  "])
def test_an_empty_datapath_is_an_error(path, root):
    with pytest.raises(DataError, match=r"DataPath is empty: .* 'pets'"):
        load(ImageFolder("pets"), root, data_path=path)
    assert not root.exists()


def test_the_path_of_a_corrupt_image_is_in_the_error(tmp_path, root):
    path = write_folder(tmp_path / "x", changed(train__cat__1=b"damaged"))
    with pytest.raises(DataError, match=f"cannot decode {re.escape(str(path))}/train/cat/1.png"):
        load(ImageFolder("pets"), root, data_path=path)


@pytest.mark.parametrize(
    "links", [{"train/cat/all": "train"}, {"train/cat/x": "train/dog", "train/dog/x": "train/cat"}]
)
def test_a_link_to_a_parent_folder_is_an_error(links, tmp_path, root):
    path = write_folder(tmp_path / "data", tiny_files())
    for link, target in links.items():
        (path / link).symlink_to(path / target)
    with pytest.raises(DataError, match=r"data/train/.* links to a folder that contains it: remove this link\.$"):
        load(ImageFolder("pets"), root, data_path=path)


def test_a_link_to_another_folder_is_followed(tmp_path, root):
    path = write_folder(tmp_path / "data", tiny_files())
    (path / "train/dog/more").symlink_to(path / "test/dog")
    assert load(ImageFolder("pets"), root, data_path=path).train.labels.tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 1]


def test_a_broken_link_is_named_in_the_error(tmp_path, root):
    path = write_folder(tmp_path / "x", tiny_files())
    (path / "train/cat/9.png").symlink_to(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"cannot read .*x/train/cat/9.png: no such file"):
        load(ImageFolder("pets"), root, data_path=path)


def test_an_image_too_small_for_down_sampling_is_named_in_the_error(tmp_path, root):
    path = write_zip(tmp_path / "x.zip", changed(train__dog__1=encoded(photo(1, 4))))
    with pytest.raises(DataError, match=r"DownSample 5 would enlarge train/dog/1.png in .* of 4x4 pixels"):
        load(ImageFolder("pets"), root, data_path=path, down_sample=5)


def test_an_image_bomb_is_refused(tmp_path, root, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    path = write_zip(tmp_path / "x.zip", tiny_files())
    with pytest.raises(DataError, match=r"cannot decode train/cat/0.png in .*exceeds limit"):
        load(ImageFolder("pets"), root, data_path=path)
