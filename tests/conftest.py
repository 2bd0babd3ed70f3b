"""What all tests share: the rules, and the programs as a user starts them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from Arch.config.resolve import Resolver
from tests.plugin_page import write_shown

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def resolver():
    return Resolver.at(ROOT / "KDTrainer" / "BaselineConfig.cjson")


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The files of the page on plugins, in the working directory."""
    monkeypatch.chdir(tmp_path)
    write_shown(tmp_path)
    return tmp_path


@pytest.fixture
def program(tmp_path):
    """Starts `Scripts/NAME ARGUMENTS` as a user would and gives the finished process."""

    def start(name, *arguments, cwd=tmp_path, check=False, **environment):
        return subprocess.run(
            [sys.executable, str(ROOT / "Scripts" / name), *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=check,
        )

    return start
