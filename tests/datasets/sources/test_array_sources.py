"""Downloads of NumPy files from a server on loopback. Oracle: the arrays on the server."""

import dataclasses
import io
import tarfile

import numpy as np
import pytest

from Arch.datasets.sources.array_sources import CIFAR5M_PARTS, RANDOM_IMAGES_FILE
from Arch.datasets.sources.catalogue import CATALOGUE
from Arch.datasets.sources.cifar5m import CIFAR5M
from Arch.datasets.sources.corrupted_cifar import CorruptedCIFAR100
from Arch.datasets.sources.random_images import RandomImages300K
from Arch.errors import DataError
from tests.datasets.file_server import serving
from tests.datasets.tiny_cifar import replace_cifar

PIXELS = np.random.default_rng(0).integers(0, 256, (10, 32, 32, 3), dtype=np.uint8)
LABELS = np.tile(np.arange(2, dtype=np.uint8), 5)


def saved(save, *arrays, **named):
    buffer = io.BytesIO()
    save(buffer, *arrays, **named)
    return buffer.getvalue()


def archived(files):
    """Returns a tar archive of files in a folder, as on Zenodo."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"CIFAR-100-C/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


FILES = {
    "CIFAR-100-C.tar": archived({"fog.npy": saved(np.save, PIXELS), "labels.npy": saved(np.save, LABELS)}),
    **{name: saved(np.savez, X=PIXELS, Y=LABELS) for name in CIFAR5M_PARTS},
    RANDOM_IMAGES_FILE: saved(np.save, PIXELS),
}


@pytest.fixture
def server(monkeypatch):
    """Replaces the sources by files of a local server, without digests."""
    replace_cifar(monkeypatch)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(dict(FILES)) as server:
        for name in ("CIFAR100-C", "CIFAR5M", "RandomImages300K"):
            facts = CATALOGUE[name]
            files = [dataclasses.replace(file, url=server.url(file.filename), md5="") for file in facts.source.files]
            source = dataclasses.replace(facts.source, files=tuple(files))
            monkeypatch.setitem(CATALOGUE, name, dataclasses.replace(facts, source=source))
        yield server


def rows(images):
    return images.pixels.permute(0, 2, 3, 1).numpy().tolist()


def test_corrupted_images_are_downloaded_and_unpacked(server, root):
    images = CorruptedCIFAR100("fog", 2).read(root, "test")
    assert rows(images) == PIXELS[2:4].tolist()


def test_all_six_parts_are_downloaded(server, root):
    assert rows(CIFAR5M().read(root, "train")) == np.tile(PIXELS, (6, 1, 1, 1)).tolist()


def test_random_images_are_downloaded_once(server, root):
    assert rows(RandomImages300K().read(root, "train")) == PIXELS.tolist()
    server.files.clear()
    assert rows(RandomImages300K().read(root, "train")) == PIXELS.tolist()


def test_a_file_that_was_replaced_later_is_detected(server, root):
    CIFAR5M().read(root, "train")
    (root / "CIFAR5M" / "part2.npz").write_bytes(saved(np.savez, X=PIXELS[::-1], Y=LABELS))
    with pytest.raises(DataError, match=r"part2.npz"):
        CIFAR5M().read(root, "train")


def test_the_published_digest_of_the_corruptions_is_checked(server, root, monkeypatch):
    facts = CATALOGUE["CIFAR100-C"]
    (file,) = facts.source.files
    source = dataclasses.replace(
        facts.source, files=(dataclasses.replace(file, md5="11f0ed0f1191edbf9fa23466ae6021d3"),)
    )
    monkeypatch.setitem(CATALOGUE, "CIFAR100-C", dataclasses.replace(facts, source=source))
    with pytest.raises(DataError, match=r"instead of the published 11f0ed0f1191edbf9fa23466ae6021d3"):
        CorruptedCIFAR100("fog", 2).read(root, "test")
