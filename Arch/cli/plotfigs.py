"""Draws figures of cached experiments; never trains, never imports torch."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from Arch.cli.console.names import add_version
from Arch.cli.console.options import WHAT, Parser, add_shared
from Arch.cli.console.program import guarded
from Arch.cli.shared.drawing import draw
from Arch.cli.shared.plugin_option import add_plugin
from Arch.cli.shared.results import print_runs, workspace_of
from Arch.cli.shared.selected import cached_entries
from Arch.config.plugins.running import use_files
from Arch.errors import UnknownNameError, did_you_mean
from Arch.figures import FIGURES

_EXAMPLES = """examples:
  Plotfigs.py                                     every figure of everything that is cached
  Plotfigs.py accuracy-bars ExperimentConfigs/Quickstart
  Plotfigs.py training-curves 3f9a --out paper/
  Plotfigs.py my-figure --plugin my_figures.py    a figure of a plugin
"""


def main(arguments: Sequence[str]) -> int:
    """Runs the program and returns its exit code."""
    parser = Parser(
        prog="Plotfigs.py",
        description=__doc__,
        epilog=f"figures:\n  {', '.join(FIGURES)}\n\n{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("words", nargs="*", metavar="FIGURE|WHAT", help=f"names of figures, then {WHAT}")
    add_plugin(parser)
    add_version(parser)
    add_shared(parser)
    options = parser.parse_intermixed_args(arguments)
    if options.plugin:
        use_files(options.plugin)
    for word in options.words:
        _check(word)
    names = [word for word in options.words if word in FIGURES]
    what = [word for word in options.words if word not in FIGURES]
    workspace = workspace_of(options)
    found = cached_entries(workspace, what, options)
    print_runs({entry.fingerprint: len(entry.run_indices()) for entry in found.entries}, found.numbers, options)
    places = {name: file for name, (file, _) in found.numbers.items()}
    names, plugins = names or list(FIGURES), options.plugin
    drawn = draw(names, found.entries, options, plugins=plugins, asked=found.asked, places=places)
    return max(found.code, drawn)


def _check(word: str) -> None:
    """Raises UnknownNameError for a word that names no path and is near to a figure's name."""
    if word not in FIGURES and not Path(word).exists() and did_you_mean(word, FIGURES):
        raise UnknownNameError("figure", word, FIGURES)


def program() -> int:
    """Runs the program on this process's arguments and returns its exit code; errors are printed as one sentence."""
    return guarded(main, sys.argv[1:])
