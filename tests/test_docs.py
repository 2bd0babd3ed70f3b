"""Paths, configs, verbs, figures and packages that the documentation quotes exist."""

import json
import re
import runpy

import pytest

from tests.repository import ROOT

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "benchmarks/README.md",
]


def test_the_page_of_keys_is_what_its_generator_makes():
    assert (ROOT / "docs" / "keys.md").read_text() == runpy.run_path(str(ROOT / "docs" / "make_keys.py"))["keys_page"]()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_exists(page):
    text = page.read_text()
    linked = re.findall(r"\]\(([^)#:]+)\)", text)
    quoted = re.findall(r"`((?:Arch|Scripts|ExperimentConfigs|KDTrainer|tests|docs|benchmarks)/[\w./-]+)`", text)
    run = re.findall(r"python (\S+\.py)", text)
    assert [
        name for name in (*linked, *quoted, *run) if not (page.parent / name).exists() and not (ROOT / name).exists()
    ] == []


def test_the_readme_shows_the_config_that_is_run():
    shown = re.search(r"this is `taught.json`:\n\n```json\n(.+?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert json.loads(shown[1]) == json.loads((ROOT / "ExperimentConfigs" / "Quickstart" / "taught.json").read_text())


def test_the_readme_names_every_verb_and_figure():
    from Arch.cli.verb_list import VERBS
    from Arch.figures import FIGURES

    text = (ROOT / "README.md").read_text()
    assert [name for name in (*VERBS, *FIGURES) if name not in text] == []


def test_the_dependencies_are_those_that_are_required():
    page = (ROOT / "docs" / "dependencies.md").read_text()
    required = re.findall(r"^([a-z-]+)>=", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert [name for name in required if f"| {name} |" not in page] == []
