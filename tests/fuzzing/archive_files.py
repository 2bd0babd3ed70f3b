"""Writes small sound data in each format that is read from `DataPath`: `python -m tests.fuzzing.archive_files FOLDER`.

Run in a process of its own and once: the fuzzer then changes copies of the files.
"""

from __future__ import annotations

import io
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import scipy.io
import torch
from PIL import Image
from safetensors.numpy import save_file

LABELS = np.arange(32) % 2
CLASSES = ("cat", "dog")


def write_all(folder: Path) -> None:
    """Writes all files into an existing folder."""
    samples = np.linspace(0, 1, 96, dtype=np.float32).reshape(32, 3)
    arrays = {"x_train": samples, "y_train": LABELS, "x_test": samples[:8], "y_test": LABELS[:8]}
    np.savez(folder / "arrays.npz", **arrays)
    np.savez_compressed(folder / "small.npz", **arrays)
    save_file(arrays, folder / "arrays.safetensors")
    embeddings = {"embeddings": samples.repeat(2, 0), "labels": LABELS.repeat(2), "attributes": np.arange(64) // 16}
    np.savez(folder / "embeddings.npz", **embeddings)
    torch.save({name: torch.from_numpy(each) for name, each in embeddings.items()}, folder / "embeddings.pt")
    with zipfile.ZipFile(folder / "images.zip", "w") as archive:
        for name, content in images().items():
            archive.writestr(name, content)
            path = folder / "images" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    _write_cars(folder / "cars")
    with suppress(ImportError):  # an extra
        _write_parquet(folder / "tiny")


def images() -> dict[str, bytes]:
    """Returns the content of images by their paths: split/class/image."""
    suffixes = (".png", ".jpg", ".png", ".bmp")
    return {
        f"{split}/{name}/{number}{suffix}": _encoded(40 * number, suffix)
        for split in ("train", "test")
        for name in CLASSES
        for number, suffix in enumerate(suffixes)
    }


def _encoded(shade: int, suffix: str) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 255 - shade, 128)).save(content, {".jpg": "JPEG"}.get(suffix, suffix[1:].upper()))
    return content.getvalue()


def _write_cars(folder: Path) -> None:
    """Writes the development kit of Stanford Cars with eight images."""
    (folder / "devkit").mkdir(parents=True)
    names = np.array([[np.array([each]) for each in CLASSES]], dtype=object)
    scipy.io.savemat(folder / "devkit/cars_meta.mat", {"class_names": names})
    for split, file in (("train", "cars_train_annos.mat"), ("test", "cars_test_annos_withlabels.mat")):
        (folder / f"cars_{split}").mkdir()
        rows = [(np.uint8(number % 2 + 1), f"{number}.jpg") for number in range(4)]
        cars = np.array(rows, dtype=[("class", object), ("fname", object)])
        scipy.io.savemat(folder / "devkit" / file, {"annotations": cars[None]})
        for number in range(4):
            (folder / f"cars_{split}" / f"{number}.jpg").write_bytes(_encoded(40 * number, ".jpg"))


def _write_parquet(folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    rows = [{"image": {"bytes": _encoded(shade, ".png"), "path": "x.png"}, "label": shade % 2} for shade in range(8)]
    for split in ("train", "valid"):
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{split}-00000-of-00001.parquet")


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
