"""The cached experiments that the words of a command line select."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from Arch.cache.entry import Entry
from Arch.errors import ConfigError
from Arch.planning.words import entries_with_runs
from Arch.planning.workspace import Workspace


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
