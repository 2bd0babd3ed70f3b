"""Writes every cached run as a row: config, scores, provenance. Changes nothing in the cache."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from Arch.cli.console.options import add_what, path_of
from Arch.cli.shared.absent_notes import print_absent
from Arch.cli.shared.fast_reading import read_fast
from Arch.cli.shared.results import workspace_of
from Arch.errors import ArchError, ConfigError
from Arch.escaping import printable, unescaped
from Arch.planning.selection import selected_entries
from Arch.report import export
from Arch.report.refusals import left_out

EXAMPLES = """examples:
  main.py export > runs.csv                       everything that is cached
  main.py export ExperimentConfigs/Quickstart --to runs.csv
  main.py export Dataset=CIFAR10 --to runs.parquet
  main.py export 3f9a --epochs --to curves.json   a row for each epoch of each run

A cell is empty if a run lacks the value; lists, and text that looks like a number or a truth value, are JSON.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_what(parser, needed=False)
    parser.add_argument(
        "--to", type=path_of, metavar="FILE", help=f"{', '.join(export.FORMATS)} (default: CSV, printed)"
    )
    parser.add_argument("--epochs", action="store_true", help="a row for each epoch of each run")


def run(options: argparse.Namespace) -> int:
    """Writes or prints the rows; returns 1 if some experiments could not be read, each named on stderr."""
    read_fast()
    workspace = workspace_of(options)
    if options.to is not None:
        export.check_format(options.to)
    unreadable: list[ArchError] = []
    entries = selected_entries(workspace, options.what, options.set)
    table = list(export.rows(entries, unreadable, with_epochs=options.epochs))
    for line in left_out(unreadable):
        print(line, file=sys.stderr)
    if not table:
        of = f" of {' '.join(options.what)}" if options.what else ""
        what = "finished run with epochs" if options.epochs else "finished run"
        raise ConfigError(f"there is no {what}{of} in {workspace.store.root}. `status` shows what there is.")
    if options.to is None:
        _print(table, as_json=options.json)
    else:
        export.write(options.to, table)
        if not options.quiet:
            print(printable(f"{options.to}: {len(table)} rows"))
    done = "its runs have no epochs" if options.epochs else "it cannot be read"
    code, _ = print_absent(workspace, options, {row["fingerprint"] for row in table}, done=done)
    return max(code, bool(unreadable))


def _print(table: Sequence[export.Row], *, as_json: bool) -> None:
    """Prints the rows: as they are into a file or pipe, which takes data, and escaped on a terminal."""
    is_terminal = sys.stdout.isatty()
    if is_terminal and not as_json:  # a row of CSV is then a line, too
        table = [{printable(name): _shown(value) for name, value in row.items()} for row in table]
    text = export.json_text(table) if as_json else export.csv_text(table)
    print(text, end="", file=sys.stdout if is_terminal else unescaped(sys.stdout))


def _shown(value: Any) -> Any:
    return printable(value) if isinstance(value, str) else value
