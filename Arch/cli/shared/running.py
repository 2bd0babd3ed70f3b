"""Running a plan in this process and printing results, for several verbs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from Arch.cache.entry import Entry
from Arch.callbacks import Requests
from Arch.cli.console.progress import watcher
from Arch.cli.console.signals import Signals
from Arch.config.config import Config
from Arch.errors import CacheError, ConfigError, DiskError, StoppedError
from Arch.planning.plan import Plan, make_plan
from Arch.planning.words import entries_with_runs
from Arch.planning.workspace import Workspace
from Arch.report import json_rows, labels, table
from Arch.sweep.in_process import FailedStep, carry_out
from Arch.sweep.worker import Worker
from Arch.types import Result


def workspace_of(options: argparse.Namespace) -> Workspace:
    """Returns the workspace that the command line names."""
    return Workspace.at(options.cache, options.data)


def finish(workspace: Workspace, requested: Sequence[tuple[Config, str]], options: argparse.Namespace) -> int:
    """Makes missing runs in this process and prints the results; returns 0 if all requested runs exist then."""
    print_notes(requested, options)
    plan = make_plan(requested, workspace.store)
    if options.threads is not None:  # torch, which is not imported yet, reads them at import
        os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(options.threads)))
    requests = Requests()
    worker = Worker(workspace.store, workspace.data, options.device, watcher(quiet=options.quiet), requests)
    with Signals(requests.stop, _interrupt, requests.checkpoint) as signals:
        try:
            failures = carry_out(plan, worker)
        except KeyboardInterrupt:
            print("\ninterrupted; finished runs are kept", file=sys.stderr)
            return signals.code or 130  # a plugin may raise KeyboardInterrupt as well
    code = show_results(workspace, plan, options)
    _print_failures(failures, plan)
    if any(isinstance(failure.error, StoppedError) for failure in failures):
        return signals.code
    return 1 if failures else code


def show_results(workspace: Workspace, plan: Plan, options: argparse.Namespace) -> int:
    """Prints the finished runs of a plan's requested experiments; returns 1 if some could not be read."""
    entries = [workspace.store.entry(step.config) for step in plan.steps if step.labels and not step.status.problem]
    shown = [entry for entry in entries if entry.run_indices()]
    code = print_results(shown, options) if shown else 0
    _print_stale(plan, options)
    return code


def cached_entries(workspace: Workspace, words: Sequence[str], options: argparse.Namespace) -> tuple[list[Entry], int]:
    """Returns the cached experiments that the words select, and the exit code: 1 if others could not be read.

    Raises:
        ConfigError: there is none.
    """
    entries, unreadable = entries_with_runs(workspace, words, options.set)
    for error in unreadable:
        print(f"error: left out: {error}", file=sys.stderr)
    if not entries:
        of = f" of {' '.join(words)}" if words else ""
        raise ConfigError(f"no finished run{of} is in the cache {workspace.store.root}.")
    return entries, 1 if unreadable else 0


def print_results(entries: Sequence[Entry], options: argparse.Namespace) -> int:
    """Prints the entries' results as a table, or as JSON; returns 1 if some could not be read, each named on stderr."""
    found: dict[Entry, Result] = {}
    for entry in entries:
        try:
            entry.document()  # read here, so that a damaged one is reported: the label needs it
            found[entry] = entry.result()
        except (CacheError, DiskError) as error:  # a damaged entry must not hide the others
            print(f"error: left out: {error}", file=sys.stderr)
    results, names = list(found.values()), labels_of(list(found))
    if options.json:
        print(json.dumps(json_rows(results, names), indent=1))
    elif found:
        print(table(results, names))
    return 0 if len(found) == len(entries) else 1


def labels_of(entries: Sequence[Entry]) -> list[str]:
    """Returns short labels made of the keys that differ among the entries."""
    documents = [entry.document() for entry in entries]
    titles = {
        other["Fingerprint"]: other["Title"] for document in documents for other in document["References"].values()
    }
    return labels([document["Active"] for document in documents], [entry.fingerprint for entry in entries], titles)


def print_notes(requested: Sequence[tuple[Config, str]], options: argparse.Namespace) -> None:
    """Prints the notes on configs, each once; with --quiet, none."""
    notes: dict[str, list[str]] = {}
    for config, label in () if options.quiet else requested:
        for note in config.notes:
            notes.setdefault(note, []).append(label)
    for note, where in notes.items():
        more = f" (and {len(where) - 1} more)" if len(where) > 1 else ""
        print(f"note: {where[0]}{more}: {note}", file=sys.stderr)


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


def _print_failures(failures: Sequence[FailedStep], plan: Plan) -> None:
    for failure in failures:
        if isinstance(failure.error, StoppedError):
            print(f"stopped: {failure.step.config.title}: the same command resumes it", file=sys.stderr)
            continue
        name = failure.step.labels[0] if failure.step.labels else failure.step.config.title
        print(f"error: {name}: {failure.error}", file=sys.stderr)
    if len(failures) > 1:
        print(f"{len(failures)} of {len(plan.missing)} experiments failed", file=sys.stderr)


def _interrupt() -> None:
    raise KeyboardInterrupt
