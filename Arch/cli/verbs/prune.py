"""Removes old, large, failed or orphaned entries from the cache; only lists them without --apply."""

from __future__ import annotations

import argparse

from Arch.cli.console.options import add_what
from Arch.cli.shared.removing import selected, tidy
from Arch.cli.shared.results import workspace_of
from Arch.units import bytes_of, seconds_of
from Arch.upkeep.trash.pruning import Criteria, prunable

EXAMPLES = """examples:
  main.py prune --failed                          the files of failed attempts
  main.py prune --orphans --apply                 files of no experiment, of no run or of dead processes
  main.py prune --older 30d --larger 1G           experiments that are both
  main.py prune Dataset=Digits --failed --older 2w --apply

Without --failed and --orphans, whole experiments are removed; with them only what they name (with both: either).
--older and --larger narrow that down: all given conditions have to hold. The age counts from the latest change.
What is removed is in the trash (`rm --restore`, `rm --forget`); what a running process uses is not removed.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_what(parser, needed=False)
    parser.add_argument("--older", metavar="AGE", help="unchanged for at least this time: 12h, 30d, 2w")
    parser.add_argument("--larger", metavar="SIZE", help="of at least this size: 500M, 1.5G")
    parser.add_argument("--failed", action="store_true", help="the files of failed attempts")
    parser.add_argument(
        "--orphans",
        action="store_true",
        help="folders without Config.json, experiments without run and work, leftovers of dead processes",
    )
    parser.add_argument("--apply", action="store_true", help="do it; without this, only show it")


def run(options: argparse.Namespace) -> int:
    """Shows what would be removed, or removes it."""
    criteria = Criteria(
        older=None if options.older is None else seconds_of(options.older),
        larger=None if options.larger is None else bytes_of(options.larger),
        is_failed=options.failed,
        is_orphan=options.orphans,
    )
    criteria.require_some()
    workspace = workspace_of(options)
    names = selected(workspace, options)
    targets = prunable(workspace.store.root, names, criteria)
    return tidy(workspace.store.root, targets, apply=options.apply, as_json=options.json)
