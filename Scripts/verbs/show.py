"""Shows what the cache knows of experiments; without WHAT, of all. Trains nothing."""

from __future__ import annotations

import argparse

from Arch.errors import ConfigError
from Scripts.carry import print_results, workspace_of
from Scripts.options import add_what

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
    workspace = workspace_of(options)
    entries = [entry for entry in workspace.entries(options.what, options.set) if entry.run_indices()]
    if not entries:
        raise ConfigError(f"nothing of {' '.join(options.what) or 'it'} is in the cache {workspace.store.root}.")
    print_results(entries, options)
    return 0
