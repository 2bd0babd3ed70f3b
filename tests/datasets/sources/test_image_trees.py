"""Tiny copies of EuroSAT, PatternNet, Tiny ImageNet and ImageNet in the original folder layouts."""

import functools
import importlib.util
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision import transforms

from Arch.datasets import DATASETS
from Arch.datasets.decoding import images
from Arch.datasets.decoding.folder_files import ClassFolders
from Arch.errors import DataError
from tests.datasets.tiny_images import encoded, photo, write_folder

WORDNET = ("n01443537", "n02124075", "n03649909")


def picture(number, size=4):
    """Returns an image file of one colour, which encodes its number."""
    return encoded(np.full((size, size, 3), number, dtype=np.uint8))


def numbers(images):
    return images.pixels[:, 0, 0, 0].tolist()


@pytest.mark.parametrize(("name", "below"), [("EuroSAT", "2750/"), ("EuroSAT", ""), ("PatternNet", "images/")])
def test_every_fifth_image_of_a_class_by_name_is_a_test_sample(name, below, root, tmp_path):
    kinds = {"AnnualCrop": 12, "Forest": 5}
    files = {
        f"{below}{kind}/{kind}_{i}.jpg": picture(100 * k + i)
        for k, kind in enumerate(kinds)
        for i in range(kinds[kind])
    }
    folder = write_folder(tmp_path / "data", files)
    train, test = (DATASETS[name]().located(folder).read(root, split) for split in ("train", "test"))
    # by code points: 0 1 10 11 2 | 3 4 5 6 7 | 8 9 of the first class
    assert numbers(test) == [2, 7, 104]
    assert numbers(train) == [0, 1, 10, 11, 3, 4, 5, 6, 8, 9, 100, 101, 102, 103]
    assert test.classes == train.classes == tuple(kinds)
    assert test.labels.tolist() == [0, 0, 1]


def write_tiny(folder):
    """Writes two training images of each synset, three validation images, and unlabelled test images."""
    train = {f"train/{n}/images/{n}_{i}.JPEG": picture(10 * k + i) for k, n in enumerate(WORDNET) for i in range(2)}
    boxes = {f"train/{n}/{n}_boxes.txt": b"x 0 0 1 1\n" for n in WORDNET}
    listed = [
        "val_1.JPEG\tn03649909\t0\t0\t1\t1",
        "val_0.JPEG\tn01443537\t0\t0\t1\t1",
        "val_2.JPEG\tn02124075\t0\t0\t1\t1",
    ]
    val = {f"val/images/val_{i}.JPEG": picture(100 + i) for i in range(3)}
    texts = {"wnids.txt": "\n".join(reversed(WORDNET)), "val/val_annotations.txt": "\n".join(listed)}
    others = {name: text.encode() for name, text in texts.items()} | {"test/images/test_0.JPEG": picture(200)}
    return write_folder(folder, {**train, **boxes, **val, **others})


def test_the_test_split_of_tiny_imagenet_is_its_validation_split(root, tmp_path):
    dataset = DATASETS["TinyImageNet"]().located(write_tiny(tmp_path / "tiny-imagenet-200"))
    train, test = dataset.read(root, "train"), dataset.read(root, "test")
    assert (numbers(train), train.labels.tolist()) == ([0, 1, 10, 11, 20, 21], [0, 0, 1, 1, 2, 2])
    assert (numbers(test), test.labels.tolist()) == ([101, 100, 102], [2, 0, 1])
    assert train.classes == test.classes == WORDNET


def test_tiny_imagenet_may_have_its_validation_split_in_class_folders(root, tmp_path):
    folder = write_tiny(tmp_path / "tiny")
    write_folder(folder, {f"val/{n}/images/val_{k}.JPEG": picture(100 + k) for k, n in enumerate(WORDNET)})
    test = DATASETS["TinyImageNet"]().located(folder).read(root, "test")
    assert (numbers(test), test.labels.tolist()) == ([100, 101, 102], [0, 1, 2])


def test_tiny_imagenet_is_shrunk_while_it_is_decoded(root, tmp_path):
    dataset = DATASETS["TinyImageNet"]().located(write_tiny(tmp_path / "tiny"))
    assert dataset.read_downsampled(root, "test", 2).pixels.shape == (3, 3, 2, 2)
    with pytest.raises(DataError, match="DownSample 8 would enlarge"):
        dataset.read_downsampled(root, "test", 8)


def write_parquet(path, rows, names=None):
    """Writes images like the `datasets` library: bytes and path of each, and the class names in the metadata."""
    import json

    import pyarrow as pa
    from pyarrow import parquet

    images = pa.array([{"bytes": content, "path": None} for content, _ in rows])
    table = pa.table({"image": images, "label": pa.array([label for _, label in rows])})
    if names:
        features = {"label": {"names": names, "_type": "ClassLabel"}, "image": {"_type": "Image"}}
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table, path, row_group_size=2)


def test_parquet_files_are_read_or_need_pyarrow(root, tmp_path):
    folder = tmp_path / "tiny"
    dataset = DATASETS["TinyImageNet"]().located(folder)
    if importlib.util.find_spec("pyarrow") is None:
        write_folder(folder, {"data/train-00000-of-00001-1359597a978bc4fa.parquet": b"PAR1"})
        with pytest.raises(DataError, match="need pyarrow: install the extra"):
            dataset.read(root, "train")
        return
    write_parquet(folder / "data/train-00000-of-00002.parquet", [(picture(1), 2), (picture(2), 0)], list(WORDNET))
    write_parquet(folder / "data/train-00001-of-00002.parquet", [(picture(3), 1)], list(WORDNET))
    images = dataset.read(root, "train")
    assert (numbers(images), images.labels.tolist(), images.classes) == ([1, 2, 3], [2, 0, 1], WORDNET)


def write_imagenet(folder, val):
    train = {
        f"train/{n}/{n}_{i}.JPEG": encoded(photo(10 * k + i, 7 + k)) for k, n in enumerate(WORDNET) for i in range(2)
    }
    others = {"test/ILSVRC2012_test_00000001.JPEG": picture(200)}
    return write_folder(folder, {**train, **val, **others})


def test_imagenet_is_resized_and_cropped_as_in_torchvision(root, tmp_path):
    photos = [np.concatenate([photo(i, 9)] * (i + 1), axis=i % 2)[: 20 - i] for i in range(3)]
    files = {
        f"{split}/{n}/{n}_1.JPEG": encoded(each)
        for n, each in zip(WORDNET, photos, strict=True)
        for split in ("train", "val")
    }
    dataset = DATASETS["ImageNet"]().located(write_folder(tmp_path / "imagenet", files))
    for size in (4, 5, 16):
        theirs = transforms.Compose([transforms.Resize(size), transforms.CenterCrop(size), transforms.PILToTensor()])
        ours = dataset.read_downsampled(root, "test", size)
        assert np.array_equal(ours.pixels.numpy(), [theirs(Image.fromarray(each)).numpy() for each in photos])
    assert ours.classes == WORDNET


@pytest.mark.parametrize("place", ["imagenet_2012_validation_synset_labels.txt", "val/synset_labels.txt"])
def test_imagenet_with_all_images_in_val_reads_synsets_from_a_text_file(place, root, tmp_path):
    flat = {f"val/ILSVRC2012_val_0000000{i}.JPEG": picture(i, 6) for i in (1, 2, 3)}
    text = {place: b"n03649909\nn01443537\nn02124075\n"}
    test = DATASETS["ImageNet"]().located(write_imagenet(tmp_path, flat | text)).read_downsampled(root, "test", 2)
    assert (numbers(test), test.labels.tolist(), test.classes) == ([1, 2, 3], [2, 0, 1], WORDNET)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ({}, "there is no imagenet_2012_validation_synset_labels.txt"),
        ({"synset_labels.txt": b"n01443537\n"}, "has 1 lines for 2"),
    ],
)
def test_imagenet_without_a_synset_for_each_image_is_refused(text, words, root, tmp_path):
    folder = write_imagenet(tmp_path, {"val/1.JPEG": picture(1), "val/2.JPEG": picture(2), **text})
    with pytest.raises(DataError, match=words):
        DATASETS["ImageNet"]().located(folder).read_downsampled(root, "test", 2)


def test_only_some_images_of_imagenet_are_in_memory_at_once(root, tmp_path, monkeypatch):
    val = {f"val/{WORDNET[0]}/{i:04}.JPEG": picture(i % 250, 6) for i in range(40)}
    monkeypatch.setattr(images, "_CHUNK_BYTES", 2 * 12)  # two images of 2x2 pixels
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    seen = []
    written = images.ImageWriter.add
    monkeypatch.setattr(images.ImageWriter, "add", lambda self, piece: (seen.append(len(piece)), written(self, piece)))
    found = DATASETS["ImageNet"]().located(write_imagenet(tmp_path, val)).read_downsampled(root, "test", 2)
    assert (len(found), seen) == (40, [2] * 20)
    assert f"{root}/decoded/ImageNet-test-" in Path("/proc/self/maps").read_text()


def test_one_of_several_threads_decodes_the_images(root, tmp_path, monkeypatch):
    folder, seen = write_imagenet(tmp_path, {}), []
    written = images.ImageWriter.add
    monkeypatch.setattr(images.ImageWriter, "add", lambda *both: (seen.append(1), written(*both)))
    with ThreadPoolExecutor(4) as pool:
        read = functools.partial(DATASETS["ImageNet"]().located(folder).read_downsampled, root, "train", 4)
        digests = {images.digest for images in pool.map(lambda _: read(), range(4))}
    assert (len(digests), len(seen)) == (1, 1)


def test_decoded_images_are_read_from_a_read_only_folder(root, tmp_path, monkeypatch):
    dataset = DATASETS["TinyImageNet"]().located(write_tiny(tmp_path / "tiny"))
    before = dataset.read(root, "train")
    (root / ".fetching").write_text("in the way")
    assert dataset.read(root, "train").digest == before.digest


CLASS_FOLDERS = [("ImageNet", ""), ("TinyImageNet", "images/"), ("TinyImageNet", "")]


@pytest.mark.parametrize(("name", "below"), CLASS_FOLDERS)
def test_an_added_image_is_detected_by_the_time_of_its_folder(name, below, root, tmp_path):
    folder = (write_tiny if below else functools.partial(write_imagenet, val={}))(tmp_path / "data")
    before = DATASETS[name]().located(folder).read_downsampled(root, "train", 4)
    write_folder(folder, {f"train/{WORDNET[1]}/{below}more.JPEG": picture(1, 6)})
    after = DATASETS[name]().located(folder).read_downsampled(root, "train", 4)
    assert (len(before), len(after)) == (6, 7)


@pytest.mark.parametrize(("name", "below"), CLASS_FOLDERS)
def test_decoded_images_are_opened_without_listing_their_files(name, below, root, tmp_path, monkeypatch):
    folder = (write_tiny if below else functools.partial(write_imagenet, val={}))(tmp_path / "data")
    before = DATASETS[name]().located(folder).read_downsampled(root, "train", 4)
    monkeypatch.setattr(ClassFolders, "listed", lambda self: pytest.fail("listed again"))
    assert DATASETS[name]().located(folder).read_downsampled(root, "train", 4).digest == before.digest


def test_a_missing_dataset_is_an_error_that_names_its_folder(root):
    with pytest.raises(
        DataError, match=r"ImageNet cannot be downloaded: put it into .*data/ImageNet, or name its folder in DataPath"
    ):
        DATASETS["ImageNet"]().read_downsampled(root, "train", 64)
