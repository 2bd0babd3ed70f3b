"""Gives the name by which a program was started (script or installed command) and its version."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from Arch.machine.installation import INSTALLATION, NAME
from Arch.machine.standard_streams import SafeStream

_COMMANDS = {"main.py": NAME, "Plotfigs.py": f"{NAME}-figures"}
_HINT = re.compile(rf"`({'|'.join(map(re.escape, _COMMANDS))})(?=[ `])")


def is_command() -> bool:
    """Whether this process was started by an installed command and not by a script of the repository."""
    return Path(sys.argv[0]).name in _COMMANDS.values()


def as_started(text: str) -> str:
    """Returns a help text with the names by which the programs were started."""
    for script, command in _COMMANDS.items() if is_command() else ():
        text = text.replace(script, command)
    return text


class HintStream(SafeStream):
    """A safe stream that writes hints such as `main.py status` with the name of the installed command.

    Hints are part of messages of all layers and of records that other processes wrote; all of them pass this stream.
    """

    def write(self, text: str) -> int:
        """Writes a text with its hints rewritten."""
        super().write(_HINT.sub(lambda hint: f"`{_COMMANDS[hint[1]]}", text))
        return len(text)


class ShowVersion(argparse.Action):
    """The option `--version`: prints the version and the package's folder, and ends the program."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Prints the version."""
        print(f"{NAME} {INSTALLATION.version} from {INSTALLATION.package}")
        parser.exit()


def add_version(parser: argparse.ArgumentParser) -> None:
    """Adds the option `--version`."""
    parser.add_argument("--version", action=ShowVersion, nargs=0, help="print the version and where it is installed")
