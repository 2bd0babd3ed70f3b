"""Paths of an installed package; the oracle is a folder that the test creates."""

import site
from pathlib import Path

import pytest

from Arch.machine.installation import INSTALLATION, Installation
from tests.repository import ROOT

PROJECT = '[project]\nname = "arch-kd"\nversion = "7.5"\n'


def lay_out(root, project=PROJECT, *, has_rules=True):
    (root / "Arch").mkdir(parents=True)
    (root / "pyproject.toml").write_text(project)
    if has_rules:
        (root / "KDTrainer").mkdir()
        (root / "KDTrainer/BaselineConfig.cjson").write_text("{}")
    return Installation(root / "Arch")


def test_this_repository_is_recognised():
    assert INSTALLATION.repository == ROOT
    assert INSTALLATION.rules == ROOT / "KDTrainer" / "BaselineConfig.cjson"


def test_a_repository_holds_the_default_cache_data_and_rules(tmp_path):
    installation = lay_out(tmp_path)
    assert (installation.repository, installation.version) == (tmp_path, "7.5")
    assert installation.cache == tmp_path / "KDTrainer"
    assert installation.data == tmp_path / "data"
    assert installation.rules == tmp_path / "KDTrainer/BaselineConfig.cjson"
    assert installation.demonstration == tmp_path / "ExperimentConfigs/Quickstart"


@pytest.mark.parametrize(
    ("project", "has_rules"), [('[project]\nname = "other"\n', True), (PROJECT, False)], ids=["another's", "no rules"]
)
def test_another_project_around_the_package_is_no_repository(project, has_rules, tmp_path):
    assert lay_out(tmp_path, project, has_rules=has_rules).repository is None


def test_without_a_repository_cache_and_data_are_in_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    installation = Installation(tmp_path / "site-packages" / "Arch")
    assert installation.cache == tmp_path / "KDTrainer"
    assert installation.data == tmp_path / "data"
    assert installation.rules == installation.package / "package_data/KDTrainer/BaselineConfig.cjson"


def test_site_packages_stay_out_of_the_workers_python_path(tmp_path):
    installed = Installation(Path(site.getsitepackages()[0]).resolve() / "Arch")
    assert installed.import_paths == ()
    assert Installation(tmp_path / "Arch").import_paths == (str(tmp_path),)
