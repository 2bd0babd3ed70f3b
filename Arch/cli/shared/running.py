"""Running a plan in this process and printing results, for several verbs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from Arch.cli.console.program import ignore_closed_output
from Arch.cli.shared.config_notes import print_notes
from Arch.cli.shared.made import Made
from Arch.cli.shared.results import print_results
from Arch.config.config import Config
from Arch.errors import ChangedDefaultError, StoppedError, why
from Arch.planning.local_data import ADVICE, change_of_data
from Arch.planning.plan import Plan, Step, make_plan
from Arch.planning.workspace import Workspace
from Arch.report.refusals import ways_out
from Arch.sweep.in_process import FailedStep


def finish(workspace: Workspace, requested: Sequence[tuple[Config, str]], options: argparse.Namespace) -> int:
    """Makes missing runs in this process and prints the results; returns 0 if all requested runs exist then."""
    ignore_closed_output()
    print_notes(requested, options)
    plan = make_plan(requested, workspace.store)
    made = Made()
    if plan.missing:
        from Arch.cli.shared.making import make_missing  # threads and signals, which a cached answer does not need

        made = make_missing(workspace, plan, options)
    if made.is_interrupted:
        print("\ninterrupted; finished runs are kept", file=sys.stderr)
        return made.code
    code = show_results(workspace, plan, options)
    _print_failures(made.failures, plan)
    if any(isinstance(failure.error, StoppedError) for failure in made.failures):
        return made.code
    return 1 if made.failures else code


def show_results(workspace: Workspace, plan: Plan, options: argparse.Namespace) -> int:
    """Prints the finished runs of a plan's requested experiments; returns 1 if some could not be read."""
    steps = [step for step in plan.steps if step.labels and not step.status.problem]
    shown = [entry for entry in (workspace.store.entry(step.config) for step in steps) if entry.run_indices()]
    asked = {step.config.fingerprint: (step.labels[0], step.wanted) for step in steps if _is_of_a_file(step)}
    code = print_results(shown, options, asked) if shown else 0
    _print_stale(plan, options)
    _print_changed_data(workspace, plan, options)
    return code


def _is_of_a_file(step: Step) -> bool:
    """Returns whether a config file asks for a number of runs; a cached experiment does not store one."""
    return not step.config.fingerprint.startswith(step.labels[0])


def _print_stale(plan: Plan, options: argparse.Namespace) -> None:
    stale = [step for step in plan.steps if step.status.outdated and not options.quiet]
    if stale:
        parts = ", ".join(sorted({key for step in stale for key in step.status.outdated}))
        more = f" (and {len(stale) - 1} more)" if len(stale) > 1 else ""
        print(
            f"note: {stale[0].config.title}{more}: made before a change of {parts}, and still valid; "
            "`main.py status` shows the versions",
            file=sys.stderr,
        )


def _print_changed_data(workspace: Workspace, plan: Plan, options: argparse.Namespace) -> None:
    """Prints a note if data of cached answers have changed since; the runs that were made now have recorded theirs."""
    changes: dict[str, str] = {}
    for step in plan.steps:
        if step.labels and step.is_done and step.config.data_paths() and not options.quiet:
            origins = workspace.store.entry(step.config).result().provenance.values()
            if change := change_of_data(step.config, origins):
                changes[step.labels[0]] = change
    for label, change in list(changes.items())[:1]:
        more = f" (and {len(changes) - 1} more configs)" if len(changes) > 1 else ""
        print(
            f"note: {label}{more}: {change}; the answer is of the earlier data. {ADVICE}",
            file=sys.stderr,
        )


def _print_failures(failures: Sequence[FailedStep], plan: Plan) -> None:
    changed = [failure.error for failure in failures if isinstance(failure.error, ChangedDefaultError)]
    for failure in failures:
        if isinstance(failure.error, StoppedError):
            print(f"stopped: {failure.step.config.title}: the same command resumes it", file=sys.stderr)
            continue
        name = failure.step.labels[0] if failure.step.labels else failure.step.config.title
        print(f"error: {name}: {failure.error if len(changed) < 2 else why(failure.error)}", file=sys.stderr)
    for line in ways_out(changed) if len(changed) > 1 else ():
        print(line, file=sys.stderr)
    if len(failures) > 1:
        untried = sum(not failure.is_tried for failure in failures)
        failed = len(failures) - untried - any(isinstance(failure.error, StoppedError) for failure in failures)
        more = f", {untried} not tried because of that" if untried else ""
        print(f"{failed} of {len(plan.missing)} experiments failed{more}", file=sys.stderr)
