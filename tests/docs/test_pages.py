"""Statements of the documentation about rules, floors and the cache agree with the code."""

import ast
import json
import re

import pytest

from Arch.cache import layout
from Arch.config.resolve import Resolver
from Arch.config.rules.conditions import parse_condition
from Arch.config.rules.facts import _FACTS
from Arch.config.rules.reader import read_rules
from tests.docs.blocks import blocks
from tests.repository import ROOT

RESOLVER = Resolver.at(ROOT / "KDTrainer" / "BaselineConfig.cjson")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
DEFAULT = re.compile(r"`(\w+)` defaults to `([^`]+)`")
ROW = re.compile(r"^\| `([^`]+:Params)` \| .+ \| `(\{.+?\})` \| `(\{.+?\})` \|$", re.MULTILINE)
STANZAS = ROW.findall((ROOT / "docs" / "rules.md").read_text())


def text_of(page):
    """The page without its code blocks, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_default_that_a_page_states_is_the_one_in_the_rules(page):
    text = text_of(page).replace("`KEY` defaults to `VALUE`", "")
    stated = DEFAULT.findall(text)
    rules = RESOLVER.rules.keys
    wrong = {
        key: value
        for key, value in stated
        if key not in rules or [json.loads(value)] != list({each.default for each in rules[key].declarations})
    }
    assert wrong == {}
    assert len(stated) == len(re.findall(r"\bdefaults? to\b|\(default\b|\bby default\b", text))


@pytest.mark.parametrize(("stanza", "holding", "failing"), STANZAS, ids=[row[0] for row in STANZAS])
def test_a_stanza_of_the_page_on_rules_counts_as_it_says(stanza, holding, failing):
    schemas = {key: rule.schema for key, rule in RESOLVER.rules.keys.items()}
    condition = parse_condition(stanza.replace(r"\|", "|"), schemas)
    assert (condition.holds(json.loads(holding)), condition.holds(json.loads(failing))) == (True, False)


def test_the_rules_file_that_the_page_shows_can_be_read(tmp_path):
    shown = next(block for block in blocks(ROOT / "docs" / "rules.md") if block.language == "json")
    (tmp_path / "rules.cjson").write_text(shown.text)
    rules = read_rules(tmp_path / "rules.cjson")
    assert (set(rules.keys), set(rules.options)) == ({"Optimizer", "Momentum", "NumRuns"}, {"NumRuns"})


def test_the_page_on_rules_has_every_fact():
    page = (ROOT / "docs" / "rules.md").read_text()
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", page, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"\w+", row)}
    assert named >= set(_FACTS)


def test_the_page_on_the_cache_names_every_file():
    names = {value for name, value in vars(layout).items() if name.isupper() and isinstance(value, str)}
    page = (ROOT / "docs" / "cache.md").read_text()
    assert sorted(name for name in names if name not in page) == []


def test_the_floors_of_the_page_are_those_of_the_imports():
    floors = _floors()
    modules = {path.name.removesuffix(".py") for path in (ROOT / "Arch").iterdir() if path.suffix in ("", ".py")}
    assert modules - {"__init__", "__pycache__"} <= set(floors)
    upward = {
        f"{own} -> {other}"
        for own, path in _modules()
        for other in _imported(path)
        if own in floors and other in floors and other != own and floors[other] > floors[own] - (floors[own] > 2)
    }
    assert upward == set()


def _floors():
    """The floor of each package and module at the top of `Arch`, from the page."""
    lines = re.findall(r"^(\d)  (\w+(?: {1,2}\w+)*)(?= {3,}|$)", (ROOT / "docs" / "architecture.md").read_text(), re.M)
    return {name: int(floor) for floor, names in lines for name in names.split()}


def _modules():
    """Every file of the library, with the name below `Arch` that it belongs to."""
    for path in (ROOT / "Arch").rglob("*.py"):
        yield path.relative_to(ROOT / "Arch").parts[0].removesuffix(".py"), path


def _imported(path):
    """The names below `Arch` from which a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "Arch":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("Arch."):
            yield node.module.split(".")[1]
