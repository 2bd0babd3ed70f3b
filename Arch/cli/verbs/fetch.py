"""Downloads, verifies and unpacks datasets; of several processes that need one, a single one downloads it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from Arch.cli.console.download_line import DownloadLine
from Arch.cli.console.program import ignore_closed_output
from Arch.cli.shared.dataset_lines import size_below
from Arch.cli.shared.results import workspace_of
from Arch.datasets.download.download import fetched
from Arch.datasets.sources.catalogue import CATALOGUE, home_of
from Arch.errors import DataError, UnknownNameError
from Arch.escaping import printable
from Arch.units import size_text

EXAMPLES = """examples:
  main.py fetch CIFAR100                          170 MB; an interrupted download is resumed
  main.py fetch MNIST SVHN STL10 --data /data
  main.py names datasets                          state, size and folder of each dataset
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument("names", nargs="+", metavar="NAME", help="datasets, as configs name them")


def run(options: argparse.Namespace) -> int:
    """Downloads the datasets and prints their folders; returns 1 if one is not available."""
    ignore_closed_output()
    workspace = workspace_of(options)
    schema = workspace.resolver.rules.keys["Dataset"].schema
    names = dict.fromkeys(schema.aliases.get(name, name) for name in options.names)
    for name in names:
        if name not in schema.choices or name not in CATALOGUE:
            why = f"It is not implemented: {schema.planned[name]}." if name in schema.planned else ""
            raise UnknownNameError("dataset", name, schema.choices, why)
    rows = []
    for name in names:
        try:
            place = _fetched(name, workspace.data, quiet=options.quiet)
        except DataError as error:
            print(f"error: {error}", file=sys.stderr)
            continue
        size = size_below(place)[0] if place else 0
        rows.append({"name": name, "place": str(place or ""), "bytes": size})
        if not options.json:
            print(printable(f"{name}: {size_text(size)} in {place}" if place else f"{name}: {CATALOGUE[name].by_hand}"))
    if options.json:
        print(json.dumps(rows, indent=1))
    return 0 if len(rows) == len(names) else 1


def _fetched(name: str, root: Path, *, quiet: bool) -> Path | None:
    """Downloads a dataset unless it exists; returns its folder, None if it has no files. Raises DataError."""
    facts = CATALOGUE[name]
    if not facts.home and not facts.needs_path:
        return None
    if facts.source is None:
        return home_of(name, root)
    report = DownloadLine(quiet=quiet)
    try:
        return fetched(root, facts.source, report)
    finally:
        report.end()
