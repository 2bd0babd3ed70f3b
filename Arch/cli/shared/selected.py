"""The cached experiments that the words of a command line select."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from Arch.cache.entry import Entry
from Arch.cli.shared.absent_notes import print_absent
from Arch.errors import ConfigError
from Arch.planning.words import entries_with_runs
from Arch.planning.workspace import Workspace
from Arch.report.refusals import left_out


@dataclass(frozen=True)
class Cached:
    """The cached experiments that words select.

    Attributes:
        entries: those with finished runs.
        code: the exit code: 1 if others could not be read, or a word names one without a finished run.
        asked: how many experiments the files, folders and fingerprints ask for; 0 for the whole cache.
        numbers: by fingerprint, the file that asks for a number of runs, and that number.
    """

    entries: list[Entry]
    code: int
    asked: int
    numbers: Mapping[str, tuple[str, int]]


def cached_entries(workspace: Workspace, words: Sequence[str], options: argparse.Namespace) -> Cached:
    """Returns the cached experiments that the words select, and says which have no finished run.

    Raises:
        ConfigError: there is none.
    """
    entries, unreadable = entries_with_runs(workspace, words, options.set)
    for line in left_out(unreadable):
        print(line, file=sys.stderr)
    if not entries:
        of = f" of {' '.join(words)}" if words else ""
        raise ConfigError(f"no finished run{of} is in the cache {workspace.store.root}.")
    code, asked = print_absent(workspace, options, {entry.fingerprint for entry in entries}, words=words)
    numbers = {each.config.fingerprint: (each.label, each.runs) for each in asked if each.runs}
    return Cached(entries, max(code, bool(unreadable)), len(asked), numbers)
