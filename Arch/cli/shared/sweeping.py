"""Sweeps for `-e` and `retry`: workers for the missing runs, the summary at the end, the exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing, nullcontext

from Arch.cli.console.program import ignore_closed_output
from Arch.cli.console.signals import Signals
from Arch.cli.console.sweep_lines import ConsoleSweepWatcher, LineSweepWatcher, QuietSweepWatcher
from Arch.cli.console.sweep_words import failure_text
from Arch.cli.shared.running import show_results
from Arch.planning.estimate import estimator
from Arch.planning.forecast import Forecast
from Arch.planning.plan import Plan
from Arch.planning.task import Task
from Arch.planning.workspace import Workspace
from Arch.report.refusals import ways_out
from Arch.sweep.executors.devices import WorkerOptions, slots_of, this_machine
from Arch.sweep.executors.local import LocalPool
from Arch.sweep.options import SweepOptions
from Arch.sweep.outcome import Report
from Arch.sweep.progress import Outcome
from Arch.sweep.published_names import without_unknown
from Arch.sweep.scheduler import Sweep

_MOST_LINES = 20
_WORDS = {
    Outcome.DONE: "made",
    Outcome.ELSEWHERE: "made elsewhere",
    Outcome.FAILED: "failed",
    Outcome.CRASHED: "crashed",
    Outcome.REFUSED: "refused",
    Outcome.BLOCKED: "not tried",
    Outcome.STOPPED: "stopped",
}


def sweep(
    workspace: Workspace, plan: Plan, tasks: Sequence[Task], options: argparse.Namespace, *, is_forced: bool
) -> int:
    """Makes the runs, prints the results of the requested experiments and a summary; returns 0 if no run is missing."""
    ignore_closed_output()
    sweep_options = SweepOptions(
        options.retry,
        options.timeout,
        is_fail_fast=options.fail_fast,
        is_forced=is_forced,
        accepts_unlike=options.accept_unlike,
    )
    worker_options = WorkerOptions(options.device, options.gpus, options.per_gpu, options.workers, options.threads)
    slots = slots_of(worker_options, this_machine())
    tasks = without_unknown(tasks)
    with closing(LocalPool(slots)) as pool, sweep_watcher(quiet=options.quiet) as watcher:
        known = estimator(plan, workspace.store)
        forecast = Forecast(tasks, lambda task: known.worker_seconds(task.step.config.active), len(slots))
        sweep = Sweep(tasks, workspace, pool, sweep_options, watcher, forecast)
        with Signals(sweep.stop, sweep.kill, sweep.checkpoint, tell=watcher.tell) as signals:
            report = sweep.run()
    code = show_results(workspace, plan, options)
    _summarise(report, plan, quiet=options.quiet)
    return signals.code or (code if report.is_complete else 1)


def sweep_watcher(*, quiet: bool) -> AbstractContextManager[ConsoleSweepWatcher]:
    """Returns the watcher for standard error: none if `quiet`, a table on a terminal, else lines."""
    if quiet:
        return nullcontext(QuietSweepWatcher())
    if sys.stderr.isatty():
        from Arch.cli.console.sweep_table import TableSweepWatcher  # rich: only a sweep on a terminal needs it

        return TableSweepWatcher()
    return nullcontext(LineSweepWatcher())


def _summarise(report: Report, plan: Plan, *, quiet: bool) -> None:
    unmade = report.of(Outcome.FAILED, Outcome.CRASHED, Outcome.REFUSED, Outcome.BLOCKED)
    for task, failure in list(unmade.items())[:_MOST_LINES]:
        reason = failure_text(failure) if failure else "it is missing"
        run = f" run {task.run}:" if task.step.wanted > 1 else ""
        print(f"error: {task.label}:{run} {reason}", file=sys.stderr)
    if len(unmade) > _MOST_LINES:
        print(f"... and {len(unmade) - _MOST_LINES} more; `main.py status` shows them all", file=sys.stderr)
    for line in ways_out({task.fingerprint: task.step.refusal for task in unmade}.values()):
        print(line, file=sys.stderr)
    if not quiet or unmade:
        print(_counts(report, plan), file=sys.stderr)
    if failed := list(report.of(Outcome.FAILED, Outcome.CRASHED)):
        name = failed[0].fingerprint[:8]
        print(f"`main.py tail {name}` shows the log, `main.py retry {name}` tries again", file=sys.stderr)


def _counts(report: Report, plan: Plan) -> str:
    counts = {"there already": sum(step.done for step in plan.steps)}
    counts |= {word: len(report.of(outcome)) for outcome, word in _WORDS.items()}
    counts["not started"] = len(report.left)
    parts = [f"{count} {word}{_needed(report, word)}" for word, count in counts.items() if count]
    return f"runs: {', '.join(parts) or 'none'}"


def _needed(report: Report, word: str) -> str:
    """Returns how many of the runs that failed are only needed by those that were requested."""
    failing = (Outcome.FAILED, Outcome.CRASHED, Outcome.REFUSED)
    tasks = [task for outcome in failing if _WORDS[outcome] == word for task in report.of(outcome)]
    needed = sum(not task.step.labels for task in tasks)
    return f" ({'it is' if len(tasks) == 1 else f'{needed} of them'} only needed by others)" if needed else ""
