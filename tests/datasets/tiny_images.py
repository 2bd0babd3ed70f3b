"""Writes tiny image files for tests."""

import io
import zipfile

import numpy as np
from PIL import Image


def encoded(array, suffix=".png", mode=None):
    """Returns the bytes of an image file of an array `(H, W)` or `(H, W, C)`."""
    buffer = io.BytesIO()
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(
        buffer, format={".png": "PNG", ".jpg": "JPEG", ".tif": "TIFF"}[suffix]
    )
    return buffer.getvalue()


def photo(number, size=6, channels=3):
    """Returns a random uint8 image that depends on `number` only."""
    shape = (size, size, channels) if channels > 1 else (size, size)
    return np.random.default_rng(number).integers(0, 256, shape, dtype=np.uint8)


def tiny_files(per_class=3, suffix=".png"):
    """Returns files `split/class/file` -> bytes, for two classes in two splits."""
    files = {}
    for s, split in enumerate(("train", "test")):
        for c, name in enumerate(("cat", "dog")):
            for i in range(per_class):
                files[f"{split}/{name}/{i}{suffix}"] = encoded(photo(100 * s + 10 * c + i), suffix)
    return files


def write_folder(path, files):
    for name, content in files.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return path


def write_zip(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path
