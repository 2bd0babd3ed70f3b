"""A copy of the repository in which the commands of the documentation are run; nothing outside it is touched."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys

from tests.repository import ROOT

FOLDERS = ("Arch", "Scripts", "ExperimentConfigs", "docs")
FILES = ("KDTrainer/BaselineConfig.cjson", "pyproject.toml", "requirements.txt", "README.md")
SHORT = {"NumEpochs": 1, "NumRuns": 2}  # what the fast tests replace in the configs of the demonstration
PLAIN = re.compile(r"python Scripts/\w+\.py [^$(){}|;<>&\\]*$")  # a line without the shell's own syntax
PYTHON = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'


class Sandbox:
    """The copy, with a `python` on its PATH that is this interpreter.

    Plain commands of Python are started from a process that has torch already, which is several times as fast.
    """

    def __init__(self, folder, warm_starts, *, is_short):
        self.root, self._bin, self._starts = folder / "repository", folder / "bin", warm_starts
        for name in FOLDERS:
            shutil.copytree(ROOT / name, self.root / name)
        for name in FILES:
            (self.root / name).parent.mkdir(exist_ok=True)
            shutil.copy2(ROOT / name, self.root / name)
        self._bin.mkdir()
        (self._bin / "python").write_text(PYTHON)
        (self._bin / "python").chmod(0o755)
        for path in (self.root / "ExperimentConfigs" / "Quickstart").glob("*.json") if is_short else ():
            keys = json.loads(path.read_text())
            path.write_text(json.dumps({**keys, **{key: SHORT[key] for key in SHORT if key in keys}}))

    def run(self, block):
        """Runs a block; the message of the error names its line where something differs from the page."""
        if block.language == "python":
            self.python(block.text, block)
        elif block.language == "console":
            for command, shown in commands(block.text):
                printed = self.shell(command, block)
                assert matches(shown, printed, masks_numbers="numbers vary" in block.ways), (
                    f"{block}: the page shows for {command!r}\n{shown}\nand this was printed:\n{printed}"
                )
        else:
            lines = block.text.split("\n")
            for part in lines if all(map(PLAIN.match, lines)) else (block.text,):
                self.shell(part, block)

    def python(self, code, block="code"):
        """Runs Python code in the copy, and returns what it prints."""
        (self.root / "block.py").write_text(code)
        return _output(self._starts.run(self.root / "block.py", [], self.root), code, block)

    def shell(self, text, block="command"):
        """Runs commands in the copy, and returns what they print."""
        if PLAIN.match(text):
            script, *arguments = shlex.split(text, comments=True)[1:]
            return _output(self._starts.run(self.root / script, arguments, self.root), text, block)
        environment = {**os.environ, "PATH": f"{self._bin}{os.pathsep}{os.environ['PATH']}"}
        command = ["bash", "-ec", text]
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)
        return _output(done, text, block)


def _output(done, text, block):
    assert done.returncode == 0, f"{block}: exit code {done.returncode}\n{text}\n{done.stdout}{done.stderr}"
    return done.stdout


def commands(text):
    """Each command of a console block with the output that is shown below it."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    split = [part.partition("\n") for part in parts]
    return [(command, shown.rstrip("\n")) for command, _, shown in split]


def matches(shown, printed, *, masks_numbers):
    """Whether the output is what is shown; `...` stands for any text, runs of spaces and dashes are one."""
    if masks_numbers:
        shown, printed = (re.sub(r"\d+(\.\d+)?(e-?\d+)?", "0", text) for text in (shown, printed))
    shown, printed = (re.sub(r"-{2,}", "--", re.sub(r"[ \t]+", " ", text)).strip() for text in (shown, printed))
    pattern = ".*".join(map(re.escape, shown.split("...")))
    return re.fullmatch(pattern.strip(), printed, re.DOTALL) is not None
