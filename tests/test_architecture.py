"""Checks of the source code that no linter has: length of files and functions, imports, names."""

import ast
import subprocess
import sys

import pytest

from tests.repository import ROOT

LIBRARY = sorted((ROOT / "Arch").rglob("*.py"))
SOURCES = [*LIBRARY, *sorted((ROOT / "Scripts").rglob("*.py"))]
HEAVY = {"torch", "torchvision", "numpy", "pandas", "matplotlib", "sklearn", "PIL", "tqdm"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_asks_exits_or_grows_beyond_250_lines(path):
    text = path.read_text()
    called = {
        node.func.id
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"input", "breakpoint", "exit", "quit", "hasattr"}
    assert text.count("\n") <= 250


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_function_is_longer_than_40_lines(path):
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    assert [each.name for each in functions if each.end_lineno - each.lineno >= 40] == []


def test_importing_the_library_costs_nothing_heavy():
    assert imported("import Arch") & HEAVY == set()


@pytest.mark.parametrize("program", ["main.py", "Plotfigs.py"])
def test_help_costs_nothing_heavy(program):
    assert imported(f"import runpy, sys; sys.argv = ['x', '-h']\n{guard(program)}") & HEAVY == set()


def guard(program):
    """Python that runs a program to its end within the same interpreter."""
    path = str(ROOT / "Scripts" / program)
    call = f"runpy.run_path({path!r}, run_name='__main__')"
    return f"try:\n    {call}\nexcept SystemExit as end:\n    assert not end.code, end.code"


def imported(code):
    """The top-level modules in `sys.modules` after some code has run in a fresh interpreter."""
    code += "\nimport sys; print('\\n' + ' '.join({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())
