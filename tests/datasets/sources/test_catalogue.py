"""The catalogue of datasets. Oracle: the dataset classes of torchvision."""

import subprocess
import sys

import pytest
import torchvision.datasets as theirs

from Arch.datasets.sources.catalogue import CATALOGUE, home_of
from Arch.errors import DataError


def files(name):
    return [(file.url, *file.mirrors, file.filename, file.md5) for file in CATALOGUE[name].source.files]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("CIFAR10", theirs.CIFAR10),
        ("CIFAR100F", theirs.CIFAR100),
        ("CIFAR100C", theirs.CIFAR100),
        ("STL10", theirs.STL10),
    ],
)
def test_an_archive_is_the_same_as_in_torchvision(name, source):
    assert files(name) == [(source.url, source.filename, source.tgz_md5)]
    assert CATALOGUE[name].home == source.base_folder


@pytest.mark.parametrize(("name", "source"), [("MNIST", theirs.MNIST), ("FashionMNIST", theirs.FashionMNIST)])
def test_the_files_of_mnist_and_fashion_mnist_are_the_same_as_in_torchvision(name, source):
    expected = [(*(mirror + file for mirror in source.mirrors), file, md5) for file, md5 in source.resources]
    assert files(name) == expected


def test_the_files_of_svhn_are_the_same_as_in_torchvision():
    assert files("SVHN") == [tuple(theirs.SVHN.split_list[split]) for split in ("train", "test")]


def test_the_files_of_oxford_pets_are_the_same_as_in_torchvision():
    expected = [(url, url.rpartition("/")[2], md5) for url, md5 in theirs.OxfordIIITPet._RESOURCES]
    assert files("OxfordPets") == expected


def test_the_archive_of_eurosat_is_the_same_as_in_torchvision(monkeypatch, tmp_path):
    asked = {}
    monkeypatch.setattr(
        "torchvision.datasets.eurosat.download_and_extract_archive", lambda url, **facts: asked.update(url=url, **facts)
    )
    with pytest.raises(RuntimeError, match="not found"):
        theirs.EuroSAT(tmp_path, download=True)
    assert files("EuroSAT") == [(asked["url"], "EuroSAT.zip", asked["md5"])]


def test_a_dataset_without_a_source_is_an_error_that_names_its_folder(root):
    with pytest.raises(
        DataError, match=r"StanfordCars cannot be downloaded: put it into .*stanford_cars, or name its folder in Data"
    ):
        home_of("StanfordCars", root)


def test_each_dataset_has_a_source_or_advice():
    assert all(bool(facts.source) != bool(facts.by_hand) for facts in CATALOGUE.values())


def test_importing_the_catalogue_does_not_import_torch():
    code = "import sys, Arch.datasets.sources.catalogue; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
