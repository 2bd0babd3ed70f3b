"""Downloads datasets into the folder of data: verified, unpacked, and once however many processes ask."""

from __future__ import annotations

import argparse
import json
import sys

from Arch import files
from Arch.amounts import size_text
from Arch.datasets.catalogue import CATALOGUE, home_of
from Arch.datasets.download import fetched
from Arch.errors import DataError, UnknownNameError
from Scripts.carry import workspace_of
from Scripts.download_line import DownloadLine

EXAMPLES = """examples:
  main.py fetch CIFAR100                          170 MB; a broken download goes on where it ended
  main.py fetch MNIST SVHN STL10 --data /data
  main.py names datasets                          what is there, its size and place
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument("names", nargs="+", metavar="NAME", help="datasets, as configs name them")


def run(options: argparse.Namespace) -> int:
    """Fetches one after the other and prints where each lies; 1 if one could not be had."""
    workspace = workspace_of(options)
    schema = workspace.resolver.rules.keys["Dataset"].schema
    names = [schema.aliases.get(name, name) for name in options.names]
    for name in names:
        if name not in schema.choices or name not in CATALOGUE:
            raise UnknownNameError("dataset", name, schema.choices)
    rows = []
    for name in dict.fromkeys(names):
        report = DownloadLine(quiet=options.quiet)
        try:
            source = CATALOGUE[name].source
            place = home_of(name, workspace.data) if source is None else fetched(workspace.data, source, report)
        except DataError as error:
            print(f"error: {error}", file=sys.stderr)
            continue
        finally:
            report.end()
        size = files.measure(place.resolve()).size
        rows.append({"name": name, "place": str(place), "bytes": size})
        if not options.json:
            print(f"{name}: {size_text(size)} in {place}")
    if options.json:
        print(json.dumps(rows, indent=1))
    return 0 if len(rows) == len(set(names)) else 1
