"""Folders and archives of images: which files are read, in which order, and that they are decoded once."""

import io
import os
import zipfile

import numpy as np
import pytest
from PIL import Image

from Arch.datasets.decoding import images
from Arch.datasets.loading import load
from Arch.datasets.sources.image_folder import ImageFolder
from tests.datasets.tiny_images import encoded, photo, tiny_files, write_folder, write_zip


def located(path):
    return ImageFolder("tiny").located(path)


def rows(images):
    return images.pixels.permute(0, 2, 3, 1).numpy()


def per_split(files, split, keep_split):
    prefix = f"{split}/"
    return {
        name if keep_split else name[len(prefix) :]: data for name, data in files.items() if name.startswith(prefix)
    }


def lay_out(kind, tmp_path, files):
    """Writes the files in one of the accepted layouts and returns the path for the config."""
    if kind == "folder":
        return write_folder(tmp_path / "images", files)
    if kind == "zip":
        return write_zip(tmp_path / "images.zip", files)
    for split in ("train", "test"):
        part = per_split(files, split, keep_split="bare" not in kind)
        if "zip" in kind:
            write_zip(tmp_path / f"images-{split}.zip", part)
        else:
            write_folder(tmp_path / f"images-{split}", part)
    return tmp_path / ("images-{split}.zip" if "zip" in kind else "images-{split}")


LAYOUTS = ["folder", "zip", "zip per split", "bare zip per split", "folder per split", "bare folder per split"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_images_sorted_by_class_and_name(layout, tmp_path, root):
    path = lay_out(layout, tmp_path, tiny_files())
    for s, split in enumerate(("train", "test")):
        images = located(path).read(root, split)
        expected = [photo(100 * s + 10 * c + i) for c in range(2) for i in range(3)]
        assert np.array_equal(rows(images), np.stack(expected))
        assert images.labels.tolist() == [0, 0, 0, 1, 1, 1]
        assert images.classes == ("cat", "dog")


@pytest.mark.parametrize("word", ["val", "valid"])
@pytest.mark.parametrize("layout", ["folder", "zip", "zip per split"])
def test_a_test_split_may_have_another_name(word, layout, tmp_path, root):
    files = {name.replace("test/", f"{word}/"): data for name, data in tiny_files().items()}
    if layout == "zip per split":
        write_zip(tmp_path / "x-train.zip", per_split(files, "train", keep_split=True))
        write_zip(tmp_path / f"x-{word}.zip", per_split(files, word, keep_split=True))
        path = tmp_path / "x-{split}.zip"
    else:
        path = lay_out(layout, tmp_path, files)
    assert len(located(path).read(root, "test")) == 6


def test_test_is_preferred_to_val(tmp_path, root):
    files = tiny_files()
    files |= {name.replace("test/", "val/"): data for name, data in tiny_files(per_class=1).items()}
    assert len(located(write_zip(tmp_path / "x.zip", files)).read(root, "test")) == 6


def test_jpegs_decode_as_pillow_does(tmp_path, root):
    files = tiny_files(suffix=".jpg")
    images = located(write_zip(tmp_path / "x.zip", files)).read(root, "train")
    expected = [np.asarray(Image.open(io.BytesIO(files[name]))) for name in sorted(files) if name.startswith("train")]
    assert np.array_equal(rows(images), np.stack(expected))


def test_more_images_than_a_chunk_keep_their_order(tmp_path, root, monkeypatch):
    monkeypatch.setattr(images, "_CHUNK", 2)
    files = {f"train/c/{i:03}.png": encoded(np.full((2, 2, 3), i, dtype=np.uint8)) for i in range(101)}
    found = located(write_zip(tmp_path / "x.zip", files)).read(root, "train")
    assert found.pixels[:, 0, 0, 0].tolist() == list(range(101))


def test_hidden_and_other_files_are_ignored(tmp_path, root):
    files = tiny_files()
    rubbish = ["train/cat/.hidden.png", "train/.git/0.png", "train/cat/notes.txt", "train/loose.png", "readme.png"]
    files |= dict.fromkeys([*rubbish, "__MACOSX/train/cat/0.png", "train/cat/Thumbs.db"], b"rubbish")
    for path in (write_zip(tmp_path / "x.zip", files), write_folder(tmp_path / "x", files)):
        assert len(located(path).read(root, "train")) == 6


def test_the_files_that_macos_adds_to_an_archive_are_ignored(tmp_path, root):
    files = {"cat/0.png": encoded(photo(0)), "__MACOSX/0.png": b"rubbish"}
    write_zip(tmp_path / "x-train.zip", files)
    assert located(tmp_path / "x-{split}.zip").read(root, "train").classes == ("cat",)


def test_images_of_different_sizes_are_stored_separately(tmp_path, root):
    data = located(write_zip(tmp_path / "x.zip", tiny_files()))
    sizes = [data.read_downsampled(root, "train", 3), data.read_downsampled(root, "train", 2), data.read(root, "train")]
    assert [images.pixels.shape[2] for images in sizes] == [3, 2, 6]


def test_a_class_may_have_subfolders(tmp_path, root):
    files = {name.replace("cat/", "cat/images/"): data for name, data in tiny_files().items()}
    images = located(write_folder(tmp_path / "x", files)).read(root, "train")
    assert images.classes == ("cat", "dog")
    assert len(images) == 6


GREY = photo(1, channels=1)
RGB = photo(2)


def transparent_palette():
    buffer = io.BytesIO()
    image = Image.fromarray(RGB).quantize(4)
    image.save(buffer, format="PNG", transparency=bytes([0, 128, 255, 255]))
    return buffer.getvalue(), np.asarray(image.convert("RGB"))


def with_alpha():
    alpha = np.dstack([RGB, photo(3, channels=1)])
    return encoded(alpha), RGB


def cmyk():
    image = Image.fromarray(RGB).convert("CMYK")
    buffer = io.BytesIO()
    image.save(buffer, format="TIFF")
    return buffer.getvalue(), np.asarray(image.convert("RGB"))


COLOURED = {
    "grey": lambda: (encoded(GREY), np.repeat(GREY[:, :, None], 3, axis=2)),
    "grey with alpha": lambda: (encoded(GREY, mode="LA"), np.repeat(GREY[:, :, None], 3, axis=2)),
    "palette with transparency": transparent_palette,
    "alpha": with_alpha,
    "cmyk": cmyk,
}


@pytest.mark.parametrize("kind", COLOURED)
@pytest.mark.parametrize("is_first", [True, False])
def test_any_kind_among_colour_images_becomes_rgb(kind, is_first, tmp_path, root):
    data, expected = COLOURED[kind]()
    files = {"train/c/1.png": encoded(RGB), f"train/c/{0 if is_first else 2}.tif": data}
    images = located(write_folder(tmp_path / "x", files)).read(root, "train")
    assert np.array_equal(rows(images)[0 if is_first else 1], expected)
    assert np.array_equal(rows(images)[1 if is_first else 0], RGB)


def test_images_that_are_all_grey_keep_one_channel(tmp_path, root):
    bilevel = GREY > 127
    files = {"train/c/0.png": encoded(GREY), "train/c/1.png": encoded(bilevel)}
    images = located(write_folder(tmp_path / "x", files)).read(root, "train")
    assert images.pixels.shape == (2, 1, 6, 6)
    assert np.array_equal(rows(images)[0, :, :, 0], GREY)
    assert np.array_equal(rows(images)[1, :, :, 0], bilevel * 255)


def test_images_of_different_sizes_are_shrunk_to_one_size(tmp_path, root):
    files = {"train/c/0.png": encoded(photo(1, 6)), "train/c/1.png": encoded(photo(2, 9))}
    images = located(write_folder(tmp_path / "x", files)).read_downsampled(root, "train", 3)
    for row, (number, size) in zip(rows(images), [(1, 6), (2, 9)], strict=True):
        expected = Image.fromarray(photo(number, size)).resize((3, 3), Image.Resampling.BILINEAR)
        assert np.array_equal(row, np.asarray(expected))


@pytest.fixture
def decodings(monkeypatch):
    """Returns a list that grows by one whenever the decoding of a split is finished."""
    calls, finish = [], images.ImageWriter.finish
    monkeypatch.setattr(images.ImageWriter, "finish", lambda *both: (calls.append(1), finish(*both)))
    return calls


def test_a_second_reading_decodes_nothing(tmp_path, root, decodings):
    data = located(write_zip(tmp_path / "x.zip", tiny_files(suffix=".png")))
    first = data.read(root, "train")
    before = len(decodings)
    assert data.read(root, "train").digest == first.digest
    assert len(decodings) == before


@pytest.mark.parametrize("write", [write_zip, write_folder])
def test_a_changed_source_is_decoded_again(write, tmp_path, root):
    path, files = tmp_path / "x.zip", tiny_files()
    first = located(write(path, files)).read(root, "train")
    files["train/cat/0.png"] = encoded(photo(999))
    write(path, files)
    os.utime(path if path.is_file() else path / "train/cat/0.png", ns=(5, 5))
    second = located(path).read(root, "train")
    assert np.array_equal(rows(second)[0], photo(999))
    assert second.digest != first.digest


def test_a_copy_in_another_folder_has_the_same_digest(tmp_path, root):
    here = write_zip(tmp_path / "here.zip", tiny_files())
    there = write_folder(tmp_path / "there", tiny_files())
    assert load(ImageFolder("a"), root, data_path=here).digest == load(ImageFolder("b"), root, data_path=there).digest


def test_an_archive_is_read_without_unpacking(tmp_path, root, monkeypatch):
    monkeypatch.setattr(zipfile.ZipFile, "extract", None)
    monkeypatch.setattr(zipfile.ZipFile, "extractall", None)
    located(write_zip(tmp_path / "x.zip", tiny_files())).read(root, "train")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "x.zip"]
