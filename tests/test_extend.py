"""The names for plugin files: lazily imported, typed, and the same objects as under the older paths."""

import ast
import importlib

import pytest

import Arch.extend
from tests.plugin_page import changed, trained
from tests.repository import ROOT
from tests.test_architecture import HEAVY, imported

# The import lines of earlier versions of docs/plugins.md.
OLDER_LINES = """from Arch.datasets import DATASETS
from Arch.datasets.dataset import ImageDataset, Images
from Arch.distillation import METHODS
from Arch.models import MODELS
from Arch.models.architecture import Architecture
"""
OLDER = [
    ("Arch.datasets", "DATASETS"),
    ("Arch.datasets.dataset", "ImageDataset"),
    ("Arch.datasets.dataset", "Images"),
    ("Arch.distillation", "METHODS"),
    ("Arch.models", "MODELS"),
    ("Arch.models.architecture", "Architecture"),
    ("Arch.figures", "FIGURES"),
]
TREE = ast.parse((ROOT / "Arch" / "extend.py").read_text())


@pytest.mark.parametrize("name", Arch.extend.__all__)
def test_every_public_name_can_be_imported(name):
    assert getattr(Arch.extend, name) is not None
    assert name in dir(Arch.extend)


def test_type_checkers_see_each_name_in_the_module_that_has_it_at_run_time():
    [block] = [each for each in TREE.body if isinstance(each, ast.If)]
    typed = {alias.name: each.module for each in block.body for alias in each.names}
    assert typed == Arch.extend._MODULE_OF
    assert sorted(typed) == sorted(Arch.extend.__all__)
    assert len(Arch.extend.__all__) == len(set(Arch.extend.__all__))


def test_the_package_tells_type_checkers_that_it_has_types():
    assert (ROOT / "Arch" / "py.typed").is_file()
    assert 'package-data = { Arch = ["py.typed"] }' in (ROOT / "pyproject.toml").read_text()


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"module 'Arch\.extend' has no attribute 'NETS'"):
        Arch.extend.NETS  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'NETS'"):
        from Arch.extend import NETS  # noqa: F401


@pytest.mark.parametrize("line", ["from Arch.extend import FIGURES, ArchError, Batch, Run", "import Arch.extend"])
def test_names_that_need_no_torch_import_none(line):
    assert imported(line) & HEAVY == set()


@pytest.mark.parametrize(("module", "name"), OLDER)
def test_the_older_paths_give_the_same_objects(module, name):
    assert getattr(importlib.import_module(module), name) is getattr(Arch.extend, name)


def test_a_plugin_with_the_older_paths_is_trained_as_before(page):
    changed(
        page, "from Arch.extend import DATASETS, METHODS, MODELS, Architecture, ImageDataset, Images\n", OLDER_LINES
    )
    done = trained(page, Confidence=True)
    assert any("Confidence" in name for name in done.runs()[0].epochs[0].train)
