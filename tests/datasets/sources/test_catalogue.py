"""What is known of datasets before they are opened, beside torchvision's own classes."""

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
def test_an_archive_is_the_one_that_torchvision_knows(name, source):
    assert files(name) == [(source.url, source.filename, source.tgz_md5)]
    assert CATALOGUE[name].home == source.base_folder


@pytest.mark.parametrize(("name", "source"), [("MNIST", theirs.MNIST), ("FashionMNIST", theirs.FashionMNIST)])
def test_the_files_of_digits_and_clothes_are_torchvision_s(name, source):
    expected = [(*(mirror + file for mirror in source.mirrors), file, md5) for file, md5 in source.resources]
    assert files(name) == expected


def test_the_files_of_svhn_are_torchvision_s():
    assert files("SVHN") == [tuple(theirs.SVHN.split_list[split]) for split in ("train", "test")]


def test_the_files_of_pets_are_torchvision_s():
    expected = [(url, url.rpartition("/")[2], md5) for url, md5 in theirs.OxfordIIITPet._RESOURCES]
    assert files("OxfordPets") == expected


def test_the_archive_of_eurosat_is_torchvision_s(monkeypatch, tmp_path):
    asked = {}
    monkeypatch.setattr(
        "torchvision.datasets.eurosat.download_and_extract_archive", lambda url, **facts: asked.update(url=url, **facts)
    )
    with pytest.raises(RuntimeError, match="not found"):
        theirs.EuroSAT(tmp_path, download=True)
    assert files("EuroSAT") == [(asked["url"], "EuroSAT.zip", asked["md5"])]


def test_what_has_no_source_says_where_to_put_it(root):
    with pytest.raises(
        DataError, match=r"StanfordCars cannot be downloaded: put it into .*stanford_cars, or say in Data"
    ):
        home_of("StanfordCars", root)


def test_each_dataset_is_downloaded_or_says_what_to_do():
    assert all(bool(facts.source) != bool(facts.by_hand) for facts in CATALOGUE.values())


def test_looking_at_the_catalogue_imports_no_torch():
    code = "import sys, Arch.datasets.sources.catalogue; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
