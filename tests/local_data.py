"""Tiny data on disk for the datasets that only a user can give, in the formats that they are read from."""

import numpy as np

from tests.datasets.tiny_images import encoded, photo, write_folder


def write_arrays(folder):
    """Images of 3x3 pixels and 3 channels in one file; only `ArraysLayout` can tell which axis is which."""
    generator = np.random.default_rng(0)
    arrays = {}
    for split, count in (("train", 32), ("test", 8)):
        arrays[f"x_{split}"] = generator.integers(0, 256, (count, 3, 3, 3), dtype=np.uint8)
        arrays[f"y_{split}"] = np.arange(count) % 2
    np.savez(folder / "arrays.npz", **arrays)
    return folder / "arrays.npz"


def write_corruptions(folder):
    """Two corruptions of two images at five severities; the clean ones are `tests.datasets.tiny_cifar`'s."""
    generator = np.random.default_rng(0)
    for name in ("fog", "snow"):
        np.save(folder / f"{name}.npy", generator.integers(0, 256, (10, 32, 32, 3), dtype=np.uint8))
    np.save(folder / "labels.npy", np.tile(np.arange(2, dtype=np.uint8), 5))
    return folder


def write_birds(folder):
    """Embeddings and images of two birds with two attributes, both in one folder."""
    birds, attributes = np.arange(40) % 2, np.arange(40) // 20
    embeddings = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    np.savez(folder / "SUB_dinov2_embeddings.npz", embeddings=embeddings, labels=birds, attributes=attributes)
    return write_folder(folder, {f"{birds[i]}/{attributes[i]}/{i}.png": encoded(photo(i)) for i in range(40)})


# dataset: what writes its data into a folder and gives their DataPath
WRITERS = {"Arrays": write_arrays, "CIFAR10-C": write_corruptions, "SUB": write_birds}


class LocalData:
    """Writes each dataset once."""

    def __init__(self, folder):
        self.folder, self.paths = folder, {}

    def placed(self, raw):
        """A config with the path of its data, if its dataset is one of `WRITERS`."""
        name = raw["Dataset"]
        if name not in WRITERS:
            return raw
        if name not in self.paths:
            (self.folder / name).mkdir(parents=True)
            self.paths[name] = WRITERS[name](self.folder / name)
        return {**raw, "DataPath": str(self.paths[name])}
