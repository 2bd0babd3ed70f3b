"""Fixtures: temporary rules files and config files."""

import json

import pytest

from Arch.config.resolve import Resolver
from Arch.config.rules.reader import read_rules
from tests.repository import ROOT

RULES_PATH = ROOT / "KDTrainer" / "BaselineConfig.cjson"


@pytest.fixture(scope="session")
def rules_path():
    """The rules file of the repository."""
    return RULES_PATH


@pytest.fixture
def rules_of(tmp_path):
    """Reads rules from a document or from its exact text."""

    def read(document):
        path = tmp_path / "rules.cjson"
        path.write_text(document if isinstance(document, str) else json.dumps(document, indent=1))
        return read_rules(path)

    return read


@pytest.fixture
def resolver_of(rules_of):
    """A resolver under rules made on the spot."""
    return lambda document: Resolver(rules_of(document))


@pytest.fixture
def write(tmp_path):
    """Writes a config, as a document or as its exact text, to a file below the test's folder."""

    def to_file(name, document):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document if isinstance(document, str) else json.dumps(document, indent=1))
        return path

    return to_file
