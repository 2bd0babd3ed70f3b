"""The tests of upkeep work on a small cache under made-up rules, whose disk may fail."""

import pytest

from tests.cache.conftest import Disk, in_child, names_below
from tests.small_rules import add, rules, workspace, workspace_of

__all__ = ["add", "in_child", "names_below", "rules", "workspace", "workspace_of"]


@pytest.fixture
def disk(monkeypatch):
    return Disk(monkeypatch)


@pytest.fixture
def snapshot():
    """Returns the content of every file below a folder."""

    def below(folder):
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    return below
