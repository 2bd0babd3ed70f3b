"""Renames cached experiments to their fingerprints under changed rules; only shows the plan without --apply."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from Arch.cli.console.options import add_what
from Arch.cli.shared.removing import selected
from Arch.cli.shared.results import workspace_of
from Arch.errors import ConfigError
from Arch.escaping import printable
from Arch.upkeep.rehash import migration
from Arch.upkeep.rehash.migration import FailedMove, Journal
from Arch.upkeep.rehash.rehash import RehashPlan, plan_rehash

EXAMPLES = """examples:
  main.py rehash                                  the plan: which fingerprints change, and why
  main.py rehash --apply                          renames the folders
  main.py rehash --pin-old --apply                keeps runs under changed defaults, with the old values written out
  main.py rehash 3f9a --pin-old                   only for this experiment
  main.py rehash --undo --apply                   undoes the last migration

Runs are not touched: folders are renamed, and their Config.json is rewritten. An experiment that was made from a
renamed one (its student) is renamed as well. Where two experiments would get one name, both stay as they are.
A changed default needs a decision: --pin-old keeps the old runs under the value that they were made with;
`rm` makes room for new ones. After an interruption, the same command, or --undo, completes the migration.
"""
_MOST_LINES = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_what(parser, needed=False)
    parser.add_argument("--pin-old", action="store_true", help="write old defaults into the experiments made with them")
    parser.add_argument("--undo", action="store_true", help="undo the last migration")
    parser.add_argument("--apply", action="store_true", help="do it; without this, only show it")


def run(options: argparse.Namespace) -> int:
    """Shows the plan, or carries it out."""
    workspace = workspace_of(options)
    root = workspace.store.root
    journal = migration.read(root)
    if options.undo:
        if options.what or options.pin_old:
            raise ConfigError("--undo undoes the whole last migration; it can be combined with --apply only.")
        return _undo(root, journal, options)
    if journal and journal.phase != "applied":
        return _complete(root, journal, options)
    names = selected(workspace, options) if options.what else None
    plan = plan_rehash(workspace, names, is_pinning=options.pin_old)
    troubles: Sequence[FailedMove] = ()
    if options.apply and plan.renamings:
        started = migration.begin(root, [renaming.move for renaming in plan.renamings])
        troubles = migration.apply(root, started)
    _print(_plan_rows(plan), _plan_lines(root, plan, troubles, options), troubles, options)
    return 1 if troubles else 0


def _complete(root: Path, journal: Journal, options: argparse.Namespace) -> int:
    total = len(journal.moves)
    troubles = migration.apply(root, journal) if options.apply else []
    names: list[str] = []
    if options.apply:
        line = f"completed the migration of {journal.time}: {total - len(troubles)} of {total} experiments renamed"
    else:
        ways = "`rehash --apply` completes it, `rehash --undo --apply` undoes it"
        line = f"a migration of {total} experiments was interrupted ({journal.time}): {ways}"
        names = [f"  {root / move.source} -> {root / move.target}" for move in journal.moves[:_MOST_LINES]]
        names += [f"  ... and {total - _MOST_LINES} more (--json lists all)"] if total > _MOST_LINES else []
    _print(_journal_rows(journal), [*names, line], troubles, options)
    return 1 if troubles else 0


def _undo(root: Path, journal: Journal | None, options: argparse.Namespace) -> int:
    if journal is None:
        raise ConfigError(f"there is no migration of {root} to undo.")
    troubles = migration.undo(root, journal) if options.apply else []
    names = [
        line
        for move in journal.moves[:_MOST_LINES]
        for line in (
            f"  {move.target[:12]} -> {move.source[:12]}",
            f"    {root / move.target} -> {root / move.source}",
        )
    ]
    if len(journal.moves) > _MOST_LINES:
        names.append(f"  ... and {len(journal.moves) - _MOST_LINES} more (--json lists all)")
    count = f"{len(journal.moves) - len(troubles)} of {len(journal.moves)} names of the migration of {journal.time}"
    last = f"undid {count}" if options.apply else f"would undo {count}; nothing was changed (--apply does it)"
    _print(_journal_rows(journal), [*names, last], troubles, options)
    return 1 if troubles else 0


def _print(
    rows: dict[str, Any], lines: Sequence[str], troubles: Sequence[FailedMove], options: argparse.Namespace
) -> None:
    for trouble in troubles:
        print(f"error: not renamed: {trouble.move.source[:12]}: {trouble.why}.", file=sys.stderr)
    if options.json:
        left = [{"fingerprint": trouble.move.source, "why": trouble.why} for trouble in troubles]
        print(json.dumps({"applied": options.apply, **rows, "left_alone": left}, indent=1))
    else:
        print("\n".join(map(printable, lines)))


def _plan_rows(plan: RehashPlan) -> dict[str, Any]:
    renamings = [
        {"old": each.move.source, "new": each.move.target, "title": each.title, "reasons": list(each.reasons)}
        for each in plan.renamings
    ]
    staying = [
        {"fingerprint": each.fingerprint, "title": each.title, "obstacle": each.obstacle, "why": each.why}
        for each in plan.staying
    ]
    return {"renamings": renamings, "staying": staying, "unchanged": plan.unchanged}


def _journal_rows(journal: Journal) -> dict[str, Any]:
    moves = [{"old": move.source, "new": move.target} for move in journal.moves]
    return {"phase": journal.phase, "planned": journal.time, "renamings": moves}


def _plan_lines(root: Path, plan: RehashPlan, troubles: Sequence[FailedMove], options: argparse.Namespace) -> list[str]:
    found = [
        (
            f"  {each.move.source[:12]} -> {each.move.target[:12]}  {each.title}  [{'; '.join(each.reasons)}]",
            f"    {root / each.move.source} -> {root / each.move.target}",
        )
        for each in plan.renamings
    ]
    staying = [
        (f"  {each.fingerprint[:12]} stays ({each.obstacle})  {each.title}  [{each.why}]",) for each in plan.staying
    ]
    lines = [line for each in (*found, *staying)[:_MOST_LINES] for line in each]
    more = len(found) + len(staying) - _MOST_LINES
    lines += [f"  ... and {more} more (--json lists all)"] if more > 0 else []
    return [*lines, *_summary(plan, troubles, options)]


def _summary(plan: RehashPlan, troubles: Sequence[FailedMove], options: argparse.Namespace) -> Iterator[str]:
    undecided = sum(each.obstacle == "undecided" for each in plan.staying)
    if undecided:
        yield (
            f"{undecided} made under a default that changed: `rehash --pin-old` keeps their runs under the value that "
            "they were made with, `rm` makes room for new ones"
        )
    count = f"{len(plan.renamings) - len(troubles)} of {len(plan.renamings) + len(plan.staying) + plan.unchanged}"
    if not plan.renamings:
        yield f"nothing to rename; {plan.unchanged} experiments have the names that the present rules give them"
    elif options.apply:
        yield f"renamed {count} experiments (`rehash --undo --apply` undoes it)"
    else:
        yield f"would rename {count} experiments; nothing was changed (--apply does it)"
