"""CIFAR from tiny files in its original format."""

import dataclasses
import hashlib
import pickle
import shutil
import tarfile

import numpy as np
import pytest
import torchvision

from Arch.datasets import DATASETS
from Arch.datasets.sources.catalogue import CATALOGUE
from Arch.datasets.sources.cifar import write_batches
from Arch.errors import DataError
from tests.datasets.file_server import serving

FILES = {"CIFAR10": 5, "CIFAR100F": 1, "CIFAR100C": 1}
NAMES = {
    "label_names": ["cat", "dog"],
    "fine_label_names": ["oak", "elm", "car"],
    "coarse_label_names": ["tree", "vehicle"],
}
LABELS = {"labels": [1, 0, 1], "fine_labels": [2, 0, 1], "coarse_labels": [1, 0, 0]}
EXPECTED = {"CIFAR10": ("labels", "label_names"), "CIFAR100F": ("fine_labels", "fine_label_names"),
            "CIFAR100C": ("coarse_labels", "coarse_label_names")}  # fmt: skip


def source_of(name):
    return torchvision.datasets.CIFAR10 if name == "CIFAR10" else torchvision.datasets.CIFAR100


def batch(number):
    return {"data": np.random.default_rng(number).integers(0, 256, (3, 3072), dtype=np.uint8), **LABELS}


def write_files(folder, source, monkeypatch):
    """Writes tiny files under the names of CIFAR, and sets their MD5 in torchvision."""
    folder = folder / source.base_folder
    folder.mkdir(parents=True)

    def write(name, content):
        data = pickle.dumps(content, protocol=2)
        (folder / name).write_bytes(data)
        return hashlib.md5(data).hexdigest()

    names = [name for name, _ in (*source.train_list, *source.test_list)]
    sums = {name: write(name, batch(i)) for i, name in enumerate(names)}
    for part in ("train_list", "test_list"):
        monkeypatch.setattr(source, part, [[name, sums[name]] for name, _ in getattr(source, part)])
    md5 = write(source.meta["filename"], NAMES)
    monkeypatch.setattr(source, "meta", {**source.meta, "md5": md5})
    return folder


@pytest.mark.parametrize("name", FILES)
def test_batches_are_read_in_order_with_their_labels(name, root, monkeypatch):
    write_files(root, source_of(name), monkeypatch)
    labels, names = EXPECTED[name]
    for split, batches in (("train", range(FILES[name])), ("test", [FILES[name]])):
        images = DATASETS[name]().read(root, split)
        planes = np.concatenate([batch(i)["data"] for i in batches])
        assert np.array_equal(images.pixels.numpy().reshape(-1, 3072), planes)
        assert images.labels.tolist() == LABELS[labels] * len(batches)
        assert images.classes == tuple(NAMES[names])


def test_pixels_and_labels_agree_with_torchvision(root, monkeypatch):
    source = source_of("CIFAR10")
    write_files(root, source, monkeypatch)
    theirs, ours = source(root), DATASETS["CIFAR10"]().read(root, "train")
    assert np.array_equal(ours.pixels.permute(0, 2, 3, 1).numpy(), theirs.data)
    assert ours.labels.tolist() == theirs.targets


def test_fine_and_coarse_labels_are_stored_separately(root, monkeypatch):
    write_files(root, source_of("CIFAR100F"), monkeypatch)
    fine, coarse = (DATASETS[name]().read(root, "train") for name in ("CIFAR100F", "CIFAR100C"))
    assert fine.digest != coarse.digest


def test_a_damaged_file_is_named_in_the_error(root, monkeypatch):
    folder = write_files(root, source_of("CIFAR10"), monkeypatch)
    (folder / "data_batch_3").write_bytes(b"damaged")
    with pytest.raises(
        DataError, match=r"data_batch_3 is missing or damaged .* or remove .*/data/\S+ and leave DataPath empty"
    ):
        DATASETS["CIFAR10"]().read(root, "train")


def test_a_malformed_batch_is_named_in_the_error(tmp_path):
    (tmp_path / "x").write_bytes(pickle.dumps({"data": [[0] * 3072]}))
    (tmp_path / "meta").write_bytes(pickle.dumps(NAMES))
    with pytest.raises(DataError, match=r"does not hold CIFAR batches with 'labels'"):
        write_batches([tmp_path / "x"], tmp_path / "meta", ("labels", "label_names"), tmp_path)
    (tmp_path / "x").write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"cannot read .*x"):
        write_batches([tmp_path / "x"], tmp_path / "meta", ("labels", "label_names"), tmp_path)


def test_a_given_folder_is_not_needed_after_decoding(root, tmp_path, monkeypatch):
    folder = write_files(tmp_path / "elsewhere", source_of("CIFAR10"), monkeypatch)
    for place in (folder, folder.parent):
        assert len(DATASETS["CIFAR10"]().located(place).read(root, "train")) == 15
    shutil.rmtree(folder)
    assert len(DATASETS["CIFAR10"]().read(root, "train")) == 15


def test_cifar_is_downloaded_at_the_first_use(root, tmp_path, monkeypatch):
    folder = write_files(tmp_path / "theirs", source_of("CIFAR10"), monkeypatch)
    archive = tmp_path / "cifar-10-python.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, folder.name)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving({archive.name: archive.read_bytes()}) as server:
        give_address(monkeypatch, "CIFAR10", server.url(archive.name))
        assert len(DATASETS["CIFAR10"]().read(root, "train")) == 15
    assert sorted(path.name for path in root.iterdir() if not path.name.startswith(".")) == [
        "cifar-10-batches-py",
        "cifar-10-batches-py.digests.json",
        "decoded",
    ]


def test_a_failed_download_is_an_error_and_leaves_no_images(root, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving({}) as server:
        give_address(monkeypatch, "CIFAR10", server.url("cifar-10-python.tar.gz"))
        with pytest.raises(DataError, match=r"cannot download cifar-10-python.tar.gz: .* 404 .*put its content into"):
            DATASETS["CIFAR10"]().read(root, "train")
    assert not list((root / "decoded").iterdir())


def give_address(monkeypatch, name, url):
    """Makes the archive of a dataset downloadable from `url`, without a digest."""
    facts = CATALOGUE[name]
    (file,) = facts.source.files
    source = dataclasses.replace(facts.source, files=(dataclasses.replace(file, url=url, md5=""),))
    monkeypatch.setitem(CATALOGUE, name, dataclasses.replace(facts, source=source))
