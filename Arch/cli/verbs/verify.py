"""Reads every byte of finished runs and compares it with the manifest. Changes nothing; exit code 1 for a fault."""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
from pathlib import Path

from Arch.cache.entry import Entry
from Arch.cli.console.options import add_what
from Arch.cli.shared.absent_notes import print_absent
from Arch.cli.shared.removing import selected
from Arch.cli.shared.results import workspace_of
from Arch.cli.shared.verifying import Verifier
from Arch.errors import ConfigError
from Arch.escaping import printable
from Arch.upkeep.verify import Fault
from Arch.upkeep.verify_data import DataVerification

EXAMPLES = """examples:
  main.py verify                                  everything that is cached
  main.py verify 3f9a                             one experiment
  main.py verify Model=resnet8 --json
  main.py verify 3f9a --data                      its dataset as well, against the digest that each run recorded
"""


_COMPARE = object()  # the value of `--data` without a folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_what(parser, needed=False)
    parser.add_argument(
        "--data",
        nargs="?",
        action="append",
        const=_COMPARE,
        type=Path,
        metavar="DIR",
        help="without DIR: also read the datasets, and compare them with what the runs recorded (slow); "
        "`--data DIR --data` reads those in DIR",
    )


def run(options: argparse.Namespace) -> int:
    """Prints a line for each fault and a summary."""
    given = options.data or []
    compares, folders = _COMPARE in given, [each for each in given if each is not _COMPARE]
    options.data = folders[-1] if folders else None
    if options.data is not None and _is_selection(options.data):
        raise ConfigError(f"--data {options.data}: expected a folder. To compare data, write --data at the end.")
    workspace = workspace_of(options)
    data = DataVerification(workspace) if compares else None
    names = selected(workspace, options)
    check, faults = Verifier(workspace.store.root, len(names), quiet=options.quiet), list[Fault]()
    for name in names:
        entry = Entry(workspace.store.root / name)
        wrong = [*check(entry).faults, *(data.faults(entry) if data else ())]
        faults += wrong
        if not options.json:
            for fault in wrong:
                print(printable(fault.message))
    if options.json:
        rows = [dataclasses.asdict(fault) for fault in faults]
        print(json.dumps({"entries": len(names), "runs": check.runs, "bytes": check.size, "faults": rows}, indent=1))
    else:
        outcome = f"{len(faults)} fault{'s'[: len(faults) != 1]}" if faults else "all as they were written"
        print(f"{check.summary()}: {outcome}")
        if data:
            more = f"; not those of {len(data.skipped)}, made with a plugin or without a record of their data"
            print(f"data of {len(data.compared)} runs compared{more if data.skipped else ''}")
    code = print_absent(workspace, options, names)[0] if options.what else 0
    return max(code, bool(faults))


def _is_selection(path: Path) -> bool:
    """Returns whether the value of `--data` is a word that selects experiments rather than a folder."""
    return not path.is_dir() and re.fullmatch(r"[0-9a-f]{4,32}|.+\.json|\w+=.*", str(path)) is not None
