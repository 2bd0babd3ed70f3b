"""Moves experiments or single runs from the cache to its trash; only shows them without --apply."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from Arch.cli.console.options import add_what
from Arch.cli.shared.removing import selected, tidy
from Arch.cli.shared.results import workspace_of
from Arch.cli.shared.trashing import forget, restore
from Arch.cli.shared.verifying import Verifier
from Arch.errors import ConfigError
from Arch.units import seconds_of
from Arch.upkeep.trash.removal import damaged, removable
from Arch.upkeep.trash.targets import Target

EXAMPLES = """examples:
  main.py rm 3f9a                                 what would be removed: runs, size, dependents
  main.py rm 3f9a --apply                         removes it
  main.py rm my.json --run 2 --run 3 --apply      only these runs
  main.py rm --corrupt                            what `verify` finds damaged: runs, or whole experiments
  main.py rm --restore                            what is in the trash
  main.py rm --restore 3f9a --apply               restores it
  main.py rm --forget --older 7d --apply          deletes permanently what has been in the trash for a week

A fingerprint prefix or a folder of the cache names an experiment also where its Config.json is missing or torn, or was
written under other rules. What a running process uses and the dependents of a removed experiment are not removed.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_what(parser, needed=False)
    parser.add_argument("--run", type=int, action="append", default=[], metavar="N", help="only this run of each")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument(
        "--corrupt",
        action="store_true",
        help="only what `verify` finds damaged, for which every byte is read; without WHAT, in the whole cache",
    )
    ways.add_argument("--restore", action="store_true", help="restore from the trash")
    ways.add_argument("--forget", action="store_true", help="permanently delete what is in the trash")
    parser.add_argument(
        "--older", metavar="AGE", help="with --forget: only items that have been there for this time (7d, 12h)"
    )
    parser.add_argument("--apply", action="store_true", help="do it; without this, only show it")


def run(options: argparse.Namespace) -> int:
    """Shows what would be removed, restored or deleted, or does it."""
    workspace = workspace_of(options)
    older = None if options.older is None else seconds_of(options.older)
    if older is not None and not options.forget:
        raise ConfigError("--older requires --forget; `prune --older AGE` chooses experiments by age.")
    if options.run and (options.corrupt or options.forget):
        raise ConfigError(
            "--run selects runs of experiments to remove or restore; it cannot be combined with --corrupt or --forget."
        )
    if options.restore:
        return restore(workspace, options)
    if options.forget:
        return forget(workspace, options, older)
    if not (options.what or options.corrupt):
        raise ConfigError(
            "nothing was named to remove. Name files, folders, fingerprint prefixes, Key=Value words, or --corrupt."
        )
    root = workspace.store.root
    names = selected(workspace, options)
    targets = _damaged(root, names, options) if options.corrupt else removable(root, names, options.run)
    return tidy(root, targets, apply=options.apply, as_json=options.json)


def _damaged(root: Path, names: Sequence[str], options: argparse.Namespace) -> Sequence[Target]:
    """Returns what is damaged, and says how much was read to find it."""
    check = Verifier(root, len(names), quiet=options.quiet)
    found = damaged(root, names, check)
    text = check.summary()
    if not options.quiet:
        print(f"note: {text}, as by `verify`", file=sys.stderr)
    return found
