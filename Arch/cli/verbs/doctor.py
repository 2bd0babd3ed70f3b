"""Checks disk, GPUs, packages, permissions, leases and leftover files, and suggests remedies. Changes nothing."""

from __future__ import annotations

import argparse
import json

from Arch.escaping import printable
from Arch.upkeep.doctor.doctor import examine
from Arch.upkeep.doctor.finding import Level

EXAMPLES = """examples:
  main.py doctor
  main.py doctor --cache /data/cache --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds no arguments: the verb has only the shared ones."""


def run(options: argparse.Namespace) -> int:
    """Prints a line for each check; returns 1 if there is a problem."""
    found = list(examine(options.cache, options.data))
    if options.json:
        print(json.dumps([dict(vars(each)) for each in found], indent=1))
    else:
        for each in found:
            print(printable(f"{each.level:<8} {each.name:<17} {each.sentence}"))
            if each.remedy:
                print(printable(f"{'':27}-> {each.remedy}"))
    return 1 if any(each.level is Level.PROBLEM for each in found) else 0
