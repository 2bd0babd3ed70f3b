"""Shows what would run, in which order and for how long, and what is cached or requested twice; trains nothing."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence

from Arch.cli.console.options import add_what, add_workers
from Arch.cli.shared.config_notes import print_notes
from Arch.cli.shared.fast_reading import read_fast
from Arch.cli.shared.results import workspace_of
from Arch.errors import ConfigError, why
from Arch.escaping import printable
from Arch.planning.estimate import Estimator, estimator
from Arch.planning.forecast import Forecast
from Arch.planning.plan import Plan, Step, make_plan
from Arch.planning.task import tasks_of
from Arch.planning.words import configs
from Arch.report.refusals import ways_out
from Arch.sweep.executors.devices import WorkerOptions, slots_of, this_machine
from Arch.units import duration_text

EXAMPLES = """examples:
  main.py plan ExperimentConfigs
  main.py plan ExperimentConfigs Dataset=Digits --json
"""
_MOST_LINES = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_what(parser, needed=True)
    add_workers(parser.add_argument_group("workers of -e, for the estimate"))


def run(options: argparse.Namespace) -> int:
    """Prints the plan."""
    read_fast()
    workspace = workspace_of(options)
    requested = list(configs(workspace, options.what, options.set))
    print_notes(requested, options)
    plan = make_plan(requested, workspace.store)
    known = estimator(plan, workspace.store)
    if options.json:
        print(json.dumps([_row(step, known) for step in plan.steps], indent=1))
    else:
        print("\n".join([*map(printable, _lines(plan, known)), _total(plan, known, options)]))
    return 0


def _row(step: Step, known: Estimator) -> dict[str, object]:
    return {
        "fingerprint": step.config.fingerprint,
        "title": step.config.title,
        "status": step.state,
        "runs": step.done,
        "wanted": step.wanted,
        "seconds": _seconds(step, known),
        "asked_by": list(step.labels),
        "needs": list(step.needs),
        "failure": step.failure,
        "refusal": str(step.refusal or ""),
    }


def _lines(plan: Plan, known: Estimator) -> list[str]:
    lines = [_line(step, known) for step in plan.missing[:_MOST_LINES]]
    if len(plan.missing) > _MOST_LINES:
        lines.append(f"  ... and {len(plan.missing) - _MOST_LINES} more (--json lists all)")
    lines += [f"requested twice: {' = '.join(step.labels)}" for step in plan.duplicates[:_MOST_LINES]]
    dependencies = [step for step in plan.steps if not step.labels]
    only = f"{len(dependencies)} only as dependencies" + (f": {_states(dependencies)}" if dependencies else "")
    lines.append(f"{len(plan.steps)} experiments ({only}): {_states(plan.steps) or 'none'}")
    return lines + ways_out(step.refusal for step in plan.missing)


def _states(steps: Sequence[Step]) -> str:
    counts = Counter(step.state for step in steps)
    return ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))


def _total(plan: Plan, known: Estimator, options: argparse.Namespace) -> str:
    """Returns the line about the time of all runs: in one process, and in a sweep's workers."""
    runs = sum(step.wanted - step.done for step in plan.possible)
    spans = [(step, _seconds(step, known)) for step in plan.possible]
    seconds = sum(each for _, each in spans if each is not None)
    unknown = sum(step.wanted - step.done for step, each in spans if each is None)
    if not runs or unknown == runs:
        return f"{runs} runs to train"
    more = f", and {unknown} of unknown length" if unknown else ""
    return (
        f"{runs} runs to train: about {duration_text(seconds)} one after the other{more}{_sweep(plan, known, options)}"
    )


def _sweep(plan: Plan, known: Estimator, options: argparse.Namespace) -> str:
    """Returns the words for the time that a sweep takes with its workers, each of which has to start."""
    chosen = WorkerOptions(options.device, options.gpus, options.per_gpu, options.workers, options.threads)
    try:
        workers = len(slots_of(chosen, this_machine()))
    except ConfigError:  # the device of another machine
        if chosen != WorkerOptions(options.device):
            raise
        return ""
    possible = {step.config.fingerprint for step in plan.possible}
    tasks = [task for task in tasks_of(plan) if task.fingerprint in possible]
    left = Forecast(tasks, lambda task: known.worker_seconds(task.step.config.active), workers).left() or 0.0
    return f"; about {duration_text(left)} by -e with {workers} worker{'s'[: workers != 1]}"


def _line(step: Step, known: Estimator) -> str:
    obstacle = why(step.refusal) if step.refusal else step.failure
    reason = f"  [{obstacle}]" if obstacle else ""
    by = step.labels[0] if step.labels else "(needed by others)"
    seconds = None if step.refusal else _seconds(step, known)
    span = "-" if seconds is None else duration_text(seconds)
    start = f"{step.state:<8} {step.config.fingerprint[:8]}  {step.done}/{step.wanted}  {span:>12}"
    return f"{start}  {step.config.title}  {by}{reason}"


def _seconds(step: Step, known: Estimator) -> float | None:
    """Returns the estimated seconds of a step's missing runs, one after the other, from the times of cached runs."""
    each = known.seconds(step.config.active)
    return None if each is None else each * (step.wanted - step.done)
