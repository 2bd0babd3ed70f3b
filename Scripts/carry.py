"""What the verbs share: carrying out a plan, printing results, drawing figures."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from Arch.cache.entry import Entry
from Arch.config.config import Config
from Arch.errors import ConfigError
from Arch.experiment import carry_out
from Arch.report import json_rows, labels, table
from Arch.sweep.plan import make_plan
from Arch.sweep.worker import Worker
from Arch.types import Result, Run
from Arch.workspace import Workspace
from Scripts.progress import watcher


@dataclass(frozen=True)
class _Exhibit:
    """A cached experiment as a figure sees it; its epochs are read only by a figure that shows them."""

    label: str
    entry: Entry

    @property
    def result(self) -> Result:
        return self.entry.result()

    @property
    def runs(self) -> Sequence[Run]:
        return self.entry.runs()


def workspace_of(options: argparse.Namespace) -> Workspace:
    """The workspace that the command line names."""
    return Workspace.at(options.cache, options.data)


def finish(workspace: Workspace, asked: Sequence[tuple[Config, str]], options: argparse.Namespace) -> int:
    """Trains what the asked experiments lack and prints their results; 1 if something failed."""
    if not options.quiet:
        _print_notes(asked)
    plan = make_plan(asked, workspace.store)
    worker = Worker(workspace.store, workspace.data, options.device, watcher(quiet=options.quiet))
    failures = carry_out(plan, worker)
    entries = [workspace.store.entry(step.config) for step in plan.steps if step.labels and not step.status.problem]
    shown = [entry for entry in entries if entry.run_indices()]
    if shown:
        print_results(shown, options)
    for failure in failures:
        who = failure.step.labels[0] if failure.step.labels else failure.step.config.title
        print(f"error: {who}: {failure.error}", file=sys.stderr)
    if len(failures) > 1:
        print(f"{len(failures)} of {len(plan.missing)} trainings failed", file=sys.stderr)
    return 1 if failures else 0


def cached_entries(workspace: Workspace, words: Sequence[str], options: argparse.Namespace) -> tuple[list[Entry], int]:
    """The cached experiments that the words select, and 1 if others could not be read, which it says.

    Raises:
        ConfigError: there is none.
    """
    entries, spoilt = workspace.entries(words, options.set)
    for error in spoilt:
        print(f"error: left out: {error}", file=sys.stderr)
    if not entries:
        raise ConfigError(f"nothing of {' '.join(words) or 'it'} is in the cache {workspace.store.root}.")
    return entries, 1 if spoilt else 0


def print_results(entries: Sequence[Entry], options: argparse.Namespace) -> None:
    """Prints the entries' results as a table, or as JSON."""
    results = [entry.result() for entry in entries]
    names = labels_of(entries)
    if options.json:
        print(json.dumps(json_rows(results, names), indent=1))
    else:
        print(table(results, names))


def labels_of(entries: Sequence[Entry]) -> list[str]:
    """Short labels made of what differs among the entries."""
    documents = [entry.document() for entry in entries]
    titles = {
        other["Fingerprint"]: other["Title"] for document in documents for other in document["References"].values()
    }
    return labels([document["Active"] for document in documents], [entry.fingerprint for entry in entries], titles)


def draw(names: Sequence[str], entries: Sequence[Entry], options: argparse.Namespace, stem: str = "") -> None:
    """Draws figures of cached entries and says where they are."""
    from Arch.figures.writer import draw as draw_figure  # only where a figure is asked for

    exhibits = [_Exhibit(label, entry) for label, entry in zip(labels_of(entries), entries, strict=True)]
    for name in names:
        for path in draw_figure(name, exhibits, options.out, stem):
            print(path)


def _print_notes(asked: Sequence[tuple[Config, str]]) -> None:
    notes: dict[str, list[str]] = {}
    for config, label in asked:
        for note in config.notes:
            notes.setdefault(note, []).append(label)
    for note, where in notes.items():
        more = f" (and {len(where) - 1} more)" if len(where) > 1 else ""
        print(f"note: {where[0]}{more}: {note}", file=sys.stderr)
