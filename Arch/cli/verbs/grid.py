"""Writes the configs of a grid: a template with every combination of the given values, each experiment once."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from Arch.cli.console.options import path_of
from Arch.cli.shared.config_notes import print_unread
from Arch.cli.shared.results import workspace_of
from Arch.escaping import printable
from Arch.planning.grids.grid import Grid, make_grid, write
from Arch.report.unread_words import first_of

EXAMPLES = """examples:
  main.py grid my.json MaxLR=0.003,0.01,0.03 Seed=0,1 --to grids/rates
  main.py grid my.json Teacher=big.json,small.json --to grids/teachers
  main.py grid my.json 'MLPWidths=[32],[64,64]' --to grids/widths
                                                  a value that is a list is written in brackets

Each file holds the template with the changed values; relative paths are rewritten so that they lead to the same files.
An existing file with other content stops the whole command before anything is written.
"""
_MOST_LINES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument("template", type=path_of, metavar="TEMPLATE", help="a config file")
    parser.add_argument("words", nargs="+", metavar="Key=a,b,c", help="the values that a key takes")
    parser.add_argument("--to", type=path_of, metavar="DIR", required=True, help="the folder of the new configs")


def run(options: argparse.Namespace) -> int:
    """Prints which files it writes, and writes them."""
    grid = make_grid(workspace_of(options).resolver, options.template, options.words, options.to, options.set)
    missing = grid.missing()
    _print_notes(grid, options)
    if not options.quiet:
        text = "\n".join(map(printable, _lines(grid, len(missing), options.to)))
        print(text, file=sys.stderr if options.json else sys.stdout)
    write(missing)
    if options.json:
        written = {variant.path for variant in missing}
        rows = [
            {"path": str(each.path), "fingerprint": each.fingerprint, "values": each.words, "new": each.path in written}
            for each in grid.variants
        ]
        twins = [{"values": left_out, "same_as": kept} for left_out, kept in grid.duplicates]
        print(json.dumps({"configs": rows, "duplicates": twins}, indent=1))
    return 0


def _print_notes(grid: Grid, options: argparse.Namespace) -> None:
    """Says which keys have no effect, and whether in all combinations; with --quiet, nothing."""
    total = len(grid.configs)
    print_unread(
        grid.configs,
        options,
        [axis.key for axis in grid.axes],
        lambda labels: f"all {total} combinations" if len(labels) == total > 1 else first_of(labels),
    )


def _lines(grid: Grid, missing: int, folder: Path) -> Iterator[str]:
    there = len(grid.variants) - missing
    same = f", {there} more there already and the same" if there and missing else ""
    if missing:
        yield f"writes {missing} config{'s'[: missing != 1]} to {folder}{same}"
    else:
        yield f"nothing to write: {there} config{'s'[: there != 1]} in {folder} already, and the same"
    if grid.duplicates:
        kinds = f"{len(grid.variants)} experiment{'s'[: len(grid.variants) != 1]}"
        both = f"the {len(grid.configs)} combinations are {kinds}"
        yield f"left out {len(grid.duplicates)} duplicate{'s'[: len(grid.duplicates) != 1]}, since {both}:"
        yield from (f"  {left_out} = {kept}" for left_out, kept in grid.duplicates[:_MOST_LINES])
    if len(grid.duplicates) > _MOST_LINES:
        yield f"  ... and {len(grid.duplicates) - _MOST_LINES} more (--json lists all)"
