"""The programs call themselves by the name with which they were started."""

import io
import sys

import pytest

from Arch.cli import plotfigs
from Arch.cli.console.names import HintStream
from Arch.cli.console.options import root_parser
from Arch.cli.main import main
from Arch.machine.installation import INSTALLATION


def written(text):
    raw = io.BytesIO()
    stream = HintStream.around(io.TextIOWrapper(raw, encoding="utf-8"))
    assert stream.write(text) == len(text)
    stream.flush()
    return raw.getvalue().decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`main.py status` says", "`arch-kd status` says"),
        ("`main.py`, `Plotfigs.py -h`", "`arch-kd`, `arch-kd-figures -h`"),
        ('File "/srv/Scripts/main.py", line 3', 'File "/srv/Scripts/main.py", line 3'),
        ("`my_main.py x` and `main.python`", "`my_main.py x` and `main.python`"),
    ],
)
def test_only_hints_are_rewritten_and_no_paths(text, expected):
    assert written(text) == expected


@pytest.mark.parametrize(("started", "name"), [("/x/Scripts/main.py", "main.py"), ("/x/bin/arch-kd", "arch-kd")])
def test_the_help_has_the_name_of_what_was_started(started, name, monkeypatch):
    monkeypatch.setattr(sys, "argv", [started])
    text = root_parser().format_help()
    assert text.startswith(f"usage: {name} ")
    assert f"  {name} -c my.json" in text


@pytest.mark.parametrize("program", [main, plotfigs.main])
def test_the_version_is_that_of_the_repository(program, capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        program(["--version"])
    assert capsys.readouterr().out == f"arch-kd {INSTALLATION.version} from {INSTALLATION.package}\n"
