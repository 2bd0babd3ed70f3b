"""Removal for `rm` and `prune`: the preview, and the move to the trash."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from Arch.cache.layout import TRASH
from Arch.escaping import printable
from Arch.planning.selection import Selection
from Arch.planning.workspace import Workspace
from Arch.units import age_text, size_text
from Arch.upkeep.trash.removal import Removal, move_to_trash
from Arch.upkeep.trash.targets import Target, dependents

_MOST_LINES = 200
_FEW = 6


def selected(workspace: Workspace, options: argparse.Namespace) -> Sequence[str]:
    """Returns the experiments that the words select, also damaged ones; says which no `Key=Value` word can match."""
    found = Selection.in_cache(workspace).select(options.what, options.set)
    if found.unread and not options.quiet:
        names = ", ".join(name[:12] for name in found.unread[:_FEW]) + ", ..." * (len(found.unread) > _FEW)
        words = "no Key=Value word matches what cannot be read (`main.py rm --corrupt` shows it)"
        print(f"note: {len(found.unread)} left out, since {words}: {names}", file=sys.stderr)
    return found.fingerprints


def tidy(root: Path, targets: Sequence[Target], *, apply: bool, as_json: bool) -> int:
    """Shows what would be removed, or removes it; returns 1 if something could not be removed."""
    kept = _kept_dependents(root, targets)
    if not apply:
        if as_json:
            print(json.dumps({"applied": False, "targets": [_row(each, kept) for each in targets]}, indent=1))
        else:
            print("\n".join(map(printable, _preview(root, targets, kept))))
        return 0
    outcomes = [move_to_trash(root, target) for target in targets]
    refused = [outcome for outcome in outcomes if outcome.refusal]
    for outcome in refused:
        print(f"error: not removed: {name_of(outcome.target)}: {outcome.refusal.rstrip('.')}.", file=sys.stderr)
    if as_json:
        rows = [_row(outcome.target, kept) | _json_outcome(outcome) for outcome in outcomes]
        print(json.dumps({"applied": True, "targets": rows}, indent=1))
    else:
        print("\n".join(map(printable, _report(root, outcomes))))
    return 1 if refused else 0


def name_of(target: Target) -> str:
    """Returns a short name of a target."""
    about = "" if target.run is None else f" run {target.run}"
    if target.kind == "attempt":
        about = f" attempts at{about}"
    return target.places[0] if target.kind == "leftover" else f"{target.fingerprint[:12]}{about}"


def _kept_dependents(root: Path, targets: Sequence[Target]) -> dict[str, Sequence[str]]:
    """Returns, by fingerprint, the dependents of what would be removed that are not removed themselves."""
    removed = {target.fingerprint for target in targets if target.kind == "experiment"}
    found = dependents(root, [target.fingerprint for target in targets if target.kind in ("experiment", "run")])
    return {name: [each for each in made if each not in removed] for name, made in found.items()}


def _preview(root: Path, targets: Sequence[Target], kept: Mapping[str, Sequence[str]]) -> Iterator[str]:
    moved = [target for target in targets if target.is_movable]
    for target in targets[:_MOST_LINES]:
        yield _line(target)
        yield from (f"    in use: {worker}" for worker in target.workers)
        yield from (f"    stays: {target.obstacle}" for _ in [target.obstacle] if target.obstacle)
        yield from (f"    {root / place} -> {root / TRASH}" for place in target.places if target.is_movable)
        yield from _dependents_line(kept.get(target.fingerprint, ()), target)
    if len(targets) > _MOST_LINES:
        yield f"  ... and {len(targets) - _MOST_LINES} more (--json lists all)"
    if moved:
        yield f"would move {_sum(moved)} to {root / TRASH}; nothing was changed (--apply does it)"
    else:
        yield "nothing would be removed"


def _line(target: Target) -> str:
    runs = f"{target.runs} run{'s'[: target.runs != 1]}" if target.kind == "experiment" else ""
    age = age_text(time.time() - target.changed)
    why = f"  [{target.why}]" if target.why else ""
    return f"  {name_of(target):<20} {size_text(target.size):>7} {age:>4}  {target.title}  {runs}{why}".rstrip()


def _dependents_line(kept: Sequence[str], target: Target) -> Iterator[str]:
    if kept and target.kind in ("experiment", "run"):
        more = f" and {len(kept) - _FEW} more" if len(kept) > _FEW else ""
        names = ", ".join(name[:12] for name in kept[:_FEW])
        yield f"    made from it, and kept: {names}{more}"


def _report(root: Path, outcomes: Sequence[Removal]) -> Iterator[str]:
    moved = [outcome.target for outcome in outcomes if outcome.items]
    if not moved:
        yield "nothing was moved"
        return
    yield f"moved {_sum(moved)} to {root / TRASH}"
    first = next((target for target in moved if target.kind in ("experiment", "run")), None)
    if first is not None:
        run = "" if first.run is None else f" --run {first.run}"
        what = "it" if len(moved) == 1 else "the first"
        yield f"`main.py rm --restore {first.fingerprint[:12]}{run} --apply` restores {what}"


def _sum(targets: Sequence[Target]) -> str:
    parts = []
    for kind in ("experiment", "run", "attempt", "leftover"):
        number = sum(target.kind == kind for target in targets)
        if number:
            parts.append(f"{number} {kind}{'s'[: number != 1]}")
    return f"{', '.join(parts)} ({size_text(sum(target.size for target in targets))})"


def _row(target: Target, kept: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {
        "kind": target.kind,
        "fingerprint": target.fingerprint,
        "run": target.run,
        "places": list(target.places),
        "title": target.title,
        "runs": target.runs,
        "bytes": target.size,
        "changed": target.changed,
        "why": target.why,
        "workers": list(target.workers),
        "obstacle": target.obstacle,
        "made_from_it": list(kept.get(target.fingerprint, ())),
    }


def _json_outcome(outcome: Removal) -> dict[str, Any]:
    return {"moved_to": [str(item.path) for item in outcome.items], "refusal": outcome.refusal}
