"""Says what would run, in which order, what is cached and what two configs ask for twice; trains nothing."""

from __future__ import annotations

import argparse
import json
from collections import Counter

from Arch.sweep.plan import Plan, Step, make_plan
from Scripts.carry import workspace_of
from Scripts.options import add_what

EXAMPLES = """examples:
  main.py plan ExperimentConfigs
  main.py plan ExperimentConfigs Dataset=Digits --json
"""
_MOST_LINES = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_what(parser, needed=True)


def run(options: argparse.Namespace) -> int:
    """Prints the plan."""
    workspace = workspace_of(options)
    plan = make_plan(workspace.configs(options.what, options.set), workspace.store)
    if options.json:
        print(json.dumps([_row(step) for step in plan.steps], indent=1))
    else:
        print("\n".join(_lines(plan)))
    return 0


def _row(step: Step) -> dict[str, object]:
    return {
        "fingerprint": step.config.fingerprint,
        "title": step.config.title,
        "status": step.state,
        "runs": step.done,
        "wanted": step.wanted,
        "asked_by": list(step.labels),
        "needs": list(step.needs),
        "failure": step.failure,
        "refusal": str(step.refusal or ""),
    }


def _lines(plan: Plan) -> list[str]:
    lines = [_line(step) for step in plan.missing[:_MOST_LINES]]
    if len(plan.missing) > _MOST_LINES:
        lines.append(f"  ... and {len(plan.missing) - _MOST_LINES} more (--json lists all)")
    lines += [f"asked twice: {' = '.join(step.labels)}" for step in plan.duplicates[:_MOST_LINES]]
    counts = Counter(step.state for step in plan.steps)
    dependencies = sum(not step.labels for step in plan.steps)
    runs = sum(step.wanted - step.done for step in plan.missing if not step.refusal)
    words = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    lines.append(
        f"{len(plan.steps)} experiments ({dependencies} only as dependencies): {words or 'none'}; {runs} runs to train"
    )
    return lines


def _line(step: Step) -> str:
    why = f"  [{step.refusal or step.failure}]" if step.refusal or step.failure else ""
    by = step.labels[0] if step.labels else "(needed by others)"
    return f"{step.state:<8} {step.config.fingerprint[:8]}  {step.done}/{step.wanted}  {step.config.title}  {by}{why}"
