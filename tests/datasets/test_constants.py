"""Cached constants. Oracle: `constants_of` the same pixels, which has its own tests."""

import pytest
import torch

from Arch.datasets import constants
from Arch.datasets.constants import cached_constants
from Arch.datasets.dataset import Images
from Arch.datasets.normalization import constants_of
from Arch.errors import UnknownNameError


@pytest.fixture(autouse=True)
def large(monkeypatch):
    monkeypatch.setattr(constants, "_LARGE_BYTES", 1)


@pytest.fixture
def unread(monkeypatch):
    """Returns a function that makes any later computation of constants fail."""

    def never(*arguments):
        raise AssertionError

    return lambda: monkeypatch.setattr(constants, "constants_of", never)


def images_of(dtype, seed=0):
    numbers = torch.randint(0, 256, (20, 3, 4, 5), generator=torch.Generator().manual_seed(seed))
    return Images.of(numbers.to(dtype), torch.arange(20) % 2, ("a", "b"))


def parts(found):
    return found.mean.tolist(), found.std.tolist(), found.unit


def folder(root):
    return root / "decoded" / "constants"


@pytest.mark.parametrize("kind", ["MeanVar", "Elementwise"])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_the_pixels_are_read_once(kind, dtype, root, unread):
    images = images_of(dtype)
    expected = parts(constants_of(images.pixels, kind))
    assert parts(cached_constants(images, kind, root)) == expected
    unread()
    assert parts(cached_constants(images, kind, root)) == expected


def test_each_kind_and_content_has_its_own_constants(root):
    for kind in ("MeanVar", "Elementwise"):
        for seed in range(2):
            images = images_of(torch.uint8, seed)
            assert parts(cached_constants(images, kind, root)) == parts(constants_of(images.pixels, kind))
    assert len(list(folder(root).iterdir())) == 4


@pytest.mark.parametrize(
    "damage", [lambda content: content[:-1], lambda content: content[:40] + b"x" * 16, lambda content: b""]
)
def test_a_damaged_file_is_computed_again(damage, root, unread):
    images = images_of(torch.uint8)
    expected = parts(cached_constants(images, "MeanVar", root))
    (path,) = folder(root).iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert parts(cached_constants(images, "MeanVar", root)) == expected
    unread()
    assert parts(cached_constants(images, "MeanVar", root)) == expected


def test_constants_are_computed_where_the_folder_cannot_be_written(root):
    root.mkdir()
    (root / "decoded").write_text("in the way")
    images = images_of(torch.uint8)
    assert parts(cached_constants(images, "MeanVar", root)) == parts(constants_of(images.pixels, "MeanVar"))


def test_constants_of_small_data_are_not_cached(root, monkeypatch):
    monkeypatch.setattr(constants, "_LARGE_BYTES", 20 * 3 * 4 * 5 + 1)
    cached_constants(images_of(torch.uint8), "MeanVar", root)
    cached_constants(images_of(torch.uint8), "None", root)
    assert not root.exists()


def test_an_unknown_kind_is_refused(root):
    with pytest.raises(UnknownNameError, match="MeanVr"):
        cached_constants(images_of(torch.uint8), "MeanVr", root)
