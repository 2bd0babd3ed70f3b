#!/usr/bin/env python3
"""Draws figures of what is cached; never trains, never imports torch."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs from anywhere, installed or not

from Arch.config.plugins.running import errors_named, use_files
from Arch.errors import UnknownNameError, did_you_mean
from Arch.figures import FIGURES
from Scripts.carry import cached_entries, draw, workspace_of
from Scripts.options import WHAT, Parser, add_shared
from Scripts.plugging import add_plugin
from Scripts.program import guarded

_EXAMPLES = """examples:
  Plotfigs.py                                     every figure of everything that is cached
  Plotfigs.py accuracy-bars ExperimentConfigs/Quickstart
  Plotfigs.py training-curves 3f9a --out paper/
  Plotfigs.py my-figure --plugin my_figures.py    a figure of your own
"""


def main(arguments: Sequence[str]) -> int:
    """Runs the program and gives its exit code."""
    parser = Parser(
        prog="Plotfigs.py",
        description=__doc__,
        epilog=f"figures:\n  {', '.join(FIGURES)}\n\n{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("words", nargs="*", metavar="FIGURE|WHAT", help=f"names of figures, then {WHAT}")
    add_plugin(parser)
    add_shared(parser)
    options = parser.parse_intermixed_args(arguments)
    if options.plugin:
        use_files(options.plugin)
    for word in options.words:
        _check(word)
    names = [word for word in options.words if word in FIGURES]
    what = [word for word in options.words if word not in FIGURES]
    workspace = workspace_of(options)
    entries, code = cached_entries(workspace, what, options)
    with errors_named(options.plugin):
        draw(names or list(FIGURES), entries, options)
    return code


def _check(word: str) -> None:
    """Refuses a word that is nothing, but near to a figure's name."""
    if word not in FIGURES and not Path(word).exists() and did_you_mean(word, FIGURES):
        raise UnknownNameError("figure", word, FIGURES)


if __name__ == "__main__":
    sys.exit(guarded(main, sys.argv[1:]))
