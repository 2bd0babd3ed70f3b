"""Shows the log of the active run, else of the last attempt, else of the last finished run. Changes nothing."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence

from Arch.cache.entry import Entry
from Arch.cli.console.options import add_what
from Arch.cli.shared.absent_notes import print_absent
from Arch.cli.shared.results import workspace_of
from Arch.errors import CacheError, ConfigError, DiskError
from Arch.escaping import printable
from Arch.planning.selection import selected_entries
from Arch.report.epoch_lines import EpochLines
from Arch.report.logs import Log

EXAMPLES = """examples:
  main.py tail 3f9a                               the last lines
  main.py tail 3f9a -f                            and the lines that are added, until the run ends
  main.py tail ExperimentConfigs/Quickstart -n 3  of several experiments, each under its heading
  main.py tail my.json --run 2 -n 100
  main.py tail 3f9a --epochs -f                   its epochs as lines of JSON, for another program
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_what(parser, needed=True)
    parser.add_argument("-n", "--lines", type=_count, default=10, metavar="N", help="how many lines (default: 10)")
    parser.add_argument("-f", "--follow", action="store_true", help="continue until the run ends")
    parser.add_argument("--epochs", action="store_true", help="the epochs of the run as lines of JSON, not the log")
    parser.add_argument("--run", type=_count, metavar="N", help="of this run")


def run(options: argparse.Namespace) -> int:
    """Prints the last lines of the logs."""
    workspace = workspace_of(options)
    entries = list(selected_entries(workspace, options.what, options.set))
    if options.follow and len(entries) != 1:
        raise ConfigError(f"-f follows one experiment, and {' '.join(options.what)} selects {len(entries)}.")
    kind = EpochLines if options.epochs else Log
    if len(entries) == 1 and not options.json:
        log = kind.of(entries[0], options.run)
        for piece in log.follow(options.lines) if options.follow else [log.tail(options.lines)]:
            print(piece, end="", flush=True)
        return 0
    logs = [log for entry in entries for log in _logs(kind, entry, options.run)]
    shown, code = _shown(logs, _row if options.json else _text, options.lines)
    if options.json:
        print(json.dumps(shown, indent=1))
    else:
        print("\n".join(map(str, shown)), end="")
    names = {log.entry.fingerprint for log in logs}
    return max(code, print_absent(workspace, options, names, done="no such log")[0])


def _shown(logs: Sequence[Log], form: Callable[[Log, int], object], lines: int) -> tuple[list[object], int]:
    """Returns the logs in a form, and the exit code: 1 if some cannot be read, each named on standard error."""
    shown: list[object] = []
    code = 0
    for log in logs:
        try:
            shown.append(form(log, lines))
        except (CacheError, DiskError) as problem:  # a damaged log must not hide the others
            print(f"error: left out: {problem}", file=sys.stderr)
            code = 1
    return shown, code


def _text(log: Log, lines: int) -> str:
    return f"{_heading(log)}\n{log.tail(lines)}"


def _logs(kind: type[Log], entry: Entry, run: int | None) -> list[Log]:
    """Returns the log of one of several experiments in a list; an empty list if it has none."""
    try:
        return [kind.of(entry, run)]
    except (CacheError, DiskError):
        return []


def _heading(log: Log) -> str:
    return printable(f"==> {log.entry.fingerprint[:8]}, run {log.run}: {log.entry.document().get('Title', '')} <==")


def _row(log: Log, lines: int) -> dict[str, object]:
    text = log.tail(lines).splitlines()
    return {"fingerprint": log.entry.fingerprint, "run": log.run, "path": log.path, "lines": text}


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number from 0 on, got {text!r}")
    return int(text)
