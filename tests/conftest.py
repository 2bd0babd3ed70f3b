"""Fixtures for all tests: the rules, and the programs as a user starts them."""

import signal

import pytest

from Arch.config.resolve import Resolver
from tests.plugin_page import write_shown
from tests.repository import ROOT
from tests.warm_starts import WarmStarts

# under nohup or in a background shell, whose choice the tested programs would respect
for _number, _usual in ((signal.SIGHUP, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)


@pytest.fixture(scope="session")
def resolver():
    return Resolver.at(ROOT / "KDTrainer" / "BaselineConfig.cjson")


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The files that docs/plugins.md shows, in the working directory."""
    monkeypatch.chdir(tmp_path)
    write_shown(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def warm_starts(tmp_path_factory):
    """Starts programs from a process that has imported torch."""
    starts = WarmStarts(tmp_path_factory.mktemp("streams"))
    yield starts
    starts.close()


@pytest.fixture
def program(tmp_path, warm_starts):
    """Starts `Scripts/NAME ARGUMENTS` as a user would and returns the finished process."""

    def start(name, *arguments, cwd=tmp_path, check=False):
        done = warm_starts.run(ROOT / "Scripts" / name, list(map(str, arguments)), cwd)
        if check:
            done.check_returncode()
        return done

    return start


def pytest_terminal_summary(terminalreporter):
    """Prints the property `summary` of each test that recorded one; with xdist, of all worker processes."""
    for reports in terminalreporter.stats.values():
        for each in reports:
            for name, words in getattr(each, "user_properties", ()):
                if name == "summary" and getattr(each, "when", "") == "call":
                    terminalreporter.write_line(words)
