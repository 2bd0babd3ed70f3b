"""Reads every byte of finished runs and compares it with the manifest. Changes nothing; exit code 1 for a fault."""

from __future__ import annotations

import argparse
import dataclasses
import json

from Arch.cache.entry import Entry
from Arch.cli.console.options import add_what
from Arch.cli.shared.removing import selected
from Arch.cli.shared.results import workspace_of
from Arch.units import size_text
from Arch.upkeep.verify import Fault, verify

EXAMPLES = """examples:
  main.py verify                                  everything that is cached
  main.py verify 3f9a                             one experiment
  main.py verify Model=resnet8 --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_what(parser, needed=False)


def run(options: argparse.Namespace) -> int:
    """Prints a line for each fault and a summary."""
    workspace = workspace_of(options)
    names = selected(workspace, options)
    runs, size, faults = 0, 0, list[Fault]()
    for name in names:
        found = verify(Entry(workspace.store.root / name))
        runs, size = runs + found.runs, size + found.size
        faults += found.faults
        if not options.json:
            for fault in found.faults:
                print(fault.message)
    if options.json:
        rows = [dataclasses.asdict(fault) for fault in faults]
        print(json.dumps({"entries": len(names), "runs": runs, "bytes": size, "faults": rows}, indent=1))
    else:
        outcome = f"{len(faults)} fault{'s'[: len(faults) != 1]}" if faults else "all as they were written"
        print(f"{runs} runs of {len(names)} experiments, {size_text(size)} read: {outcome}")
    return 1 if faults else 0
