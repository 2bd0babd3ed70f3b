"""Retries failed and crashed runs and the runs that they depend on; starts no other run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from Arch.cache.attempts.attempt import State
from Arch.cli.console.options import add_accept_unlike, add_sweeping, add_what
from Arch.cli.shared.config_notes import print_notes
from Arch.cli.shared.plugin_option import add_plugin_of_cached, workspace_with_plugins
from Arch.cli.shared.running import show_results
from Arch.config.config import Config
from Arch.escaping import printable
from Arch.planning.plan import Plan, make_plan
from Arch.planning.task import Task, failed_tasks_of
from Arch.planning.words import configs
from Arch.planning.workspace import Workspace
from Arch.report.refusals import left_out
from Arch.report.unread_words import first_of

EXAMPLES = """examples:
  main.py retry ExperimentConfigs/Quickstart      the failed and crashed runs of these configs
  main.py retry 3f9a                              a fingerprint's first digits
  main.py retry 3f9a --plugin my_file.py          one that a plugin makes: by its fingerprint with the plugin
  main.py retry ExperimentConfigs Model=resnet8 --gpus 0,1 --timeout 4h
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_what(parser, needed=True)
    add_accept_unlike(parser)
    add_plugin_of_cached(parser)
    add_sweeping(parser)


def run(options: argparse.Namespace) -> int:
    """Retries the failed and crashed runs, and shows the results."""
    workspace = workspace_with_plugins(options)
    found = configs(workspace, options.what, options.set)
    requested = [(_with_all_attempts(workspace, config), label) for config, label in found]
    print_notes(requested, options)
    plan = make_plan(requested, workspace.store)
    tasks = failed_tasks_of(plan)
    _print_others(plan, tasks, options)
    problems = [step.status.problem for step in plan.steps if step.labels and step.status.problem]
    for line in left_out(problems):
        print(line, file=sys.stderr)
    if not tasks:
        code = max(show_results(workspace, plan, options), bool(problems))
        where = sys.stderr if options.json else sys.stdout
        print(printable(f"no run of {' '.join(options.what)} failed or crashed"), file=where)
        return code
    from Arch.cli.shared.sweeping import sweep  # slow to import, and not needed if no run failed

    return max(sweep(workspace, plan, tasks, options, is_forced=True), bool(problems))


def _print_others(plan: Plan, tasks: Sequence[Task], options: argparse.Namespace) -> None:
    """Says which requested experiments lack runs that did not fail, and so are not made; with --quiet, nothing."""
    chosen = {task.name for task in tasks}
    lacking = [
        step
        for step in plan.steps
        if step.labels and any((step.config.fingerprint, run) not in chosen for run in step.status.missing)
    ]
    if lacking and not options.quiet:
        total = sum(bool(step.labels) for step in plan.steps)
        print(
            f"note: {len(lacking)} of {total} experiments lack runs that did not fail, which retry does not make: "
            f"{printable(first_of([step.labels[0] for step in lacking]))}",
            file=sys.stderr,
        )


def _with_all_attempts(workspace: Workspace, config: Config) -> Config:
    """Raises `NumRuns` to cover every failed run, since a cached experiment does not store `NumRuns`."""
    entry = workspace.store.entry(config)
    if not entry.exists:
        return config
    tried = [attempt.run + 1 for attempt in entry.attempts() if attempt.state in (State.FAILED, State.CRASHED)]
    runs = max([config.option("NumRuns"), *tried])
    return replace(config, options={**config.options, "NumRuns": runs})
