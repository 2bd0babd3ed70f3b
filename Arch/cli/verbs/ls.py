"""Lists cached experiments: state, runs, size on disk, age of the newest run. Changes nothing."""

from __future__ import annotations

import argparse
import json
import time

from Arch.cli.console.options import add_what
from Arch.cli.shared.absent_notes import print_absent
from Arch.cli.shared.fast_reading import read_fast
from Arch.cli.shared.results import workspace_of
from Arch.planning.selection import selected_entries
from Arch.report.listing import SORTS, json_rows, line_of, ordered, text

EXAMPLES = """examples:
  main.py ls                                      everything, the newest first
  main.py ls --sort size                          the largest first
  main.py ls Dataset=Digits --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_what(parser, needed=False)
    parser.add_argument("--sort", choices=SORTS, default="age", help="what comes first (default: the newest)")


def run(options: argparse.Namespace) -> int:
    """Prints a line for each cached experiment, and the totals."""
    read_fast()
    workspace = workspace_of(options)
    entries = selected_entries(workspace, options.what, options.set)
    lines = ordered((line_of(entry, workspace.resolver.rules) for entry in entries), options.sort)
    if options.json:
        print(json.dumps(json_rows(lines), indent=1))
    else:
        print("\n".join(text(lines, time.time())))
    return print_absent(workspace, options, {line.fingerprint for line in lines})[0] if options.what else 0
