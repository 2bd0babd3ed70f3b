"""Printing the results of cached experiments, for several verbs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from Arch.cache.entry import Entry
from Arch.errors import CacheError, DiskError
from Arch.planning.workspace import Workspace
from Arch.report import json_rows, labels, table
from Arch.types import Result

NO_NUMBERS: Mapping[str, tuple[str, int]] = MappingProxyType({})


def workspace_of(options: argparse.Namespace) -> Workspace:
    """Returns the workspace that the command line names."""
    return Workspace.at(options.cache, options.data)


def print_results(
    entries: Sequence[Entry], options: argparse.Namespace, asked: Mapping[str, tuple[str, int]] = NO_NUMBERS
) -> int:
    """Prints the entries' results as a table, or as JSON; 1 if some could not be read, each named on stderr.

    Args:
        entries: cached experiments.
        options: the command line.
        asked: by fingerprint, the label and the asked number of runs of those for which a number was asked.
    """
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
    print_runs({each.fingerprint: each.n for each in results}, asked, options)
    return 0 if len(found) == len(entries) else 1


def print_runs(runs: Mapping[str, int], asked: Mapping[str, tuple[str, int]], options: argparse.Namespace) -> None:
    """Prints one note on experiments with more or fewer runs than were asked for; with --quiet, none.

    Args:
        runs: the number of finished runs, by fingerprint.
        asked: by fingerprint, the label and the asked number of runs of those for which a number was asked.
        options: the command line.
    """
    unlike = [
        (label, runs[name], wanted) for name, (label, wanted) in asked.items() if runs.get(name, wanted) != wanted
    ]
    if unlike and not options.quiet:
        from Arch.report.absent_words import runs_text  # most answers need no note

        print(f"note: {runs_text(unlike)}", file=sys.stderr)


def labels_of(entries: Sequence[Entry]) -> list[str]:
    """Returns short labels made of the keys that differ among the entries."""
    documents = [entry.document() for entry in entries]
    titles = {
        other["Fingerprint"]: other["Title"] for document in documents for other in document["References"].values()
    }
    return labels([document["Active"] for document in documents], [entry.fingerprint for entry in entries], titles)
