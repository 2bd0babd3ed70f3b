"""What the tests of the golden cache share."""

import json

import pytest

from Arch.cli.main import main
from tests.golden.copies import golden_copy
from tests.golden.outputs import CACHE, TRAIN


@pytest.fixture
def golden(tmp_path, monkeypatch):
    """A copy of the cache and its configs, in the working directory; files have the times of the copy."""
    monkeypatch.chdir(tmp_path)
    return golden_copy(tmp_path)


@pytest.fixture
def said(golden, capsys):
    """Runs `main.py` on the copy and returns its exit code and the JSON that it prints."""

    def run(*words):
        """Returns the exit code and what standard output holds, None where that is empty."""
        capsys.readouterr()
        code = main([*words, *(TRAIN if words[0] == "-c" else CACHE)])
        out = capsys.readouterr().out
        return code, json.loads(out) if out else None

    return run
