"""Printing the results of cached experiments, for several verbs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from Arch.cache.entry import Entry
from Arch.errors import CacheError, DiskError
from Arch.planning.workspace import Workspace
from Arch.report import json_rows, labels, table
from Arch.types import Result


def workspace_of(options: argparse.Namespace) -> Workspace:
    """Returns the workspace that the command line names."""
    return Workspace.at(options.cache, options.data)


def print_results(entries: Sequence[Entry], options: argparse.Namespace) -> int:
    """Prints the entries' results as a table, or as JSON; 1 if some could not be read, each named on stderr."""
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
