"""Shows the cached results of the named experiments, or of all without WHAT. Trains nothing."""

from __future__ import annotations

import argparse

from Arch.cli.console.options import add_what
from Arch.cli.shared.fast_reading import read_fast
from Arch.cli.shared.results import print_results, workspace_of
from Arch.cli.shared.selected import cached_entries

EXAMPLES = """examples:
  main.py show                                    everything that is cached
  main.py show ExperimentConfigs/Quickstart
  main.py show 3f9a Model=resnet8 --json          a fingerprint's first digits; a key's value
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_what(parser, needed=False)


def run(options: argparse.Namespace) -> int:
    """Prints the table of results."""
    read_fast()
    workspace = workspace_of(options)
    found = cached_entries(workspace, options.what, options)
    return print_results(found.entries, options, found.numbers) or found.code
