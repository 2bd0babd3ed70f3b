"""Notes on configs: keys of old configs that are accepted without effect, and keys that nothing reads."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection, Sequence

from Arch.config.config import Config


def print_notes(requested: Sequence[tuple[Config, str]], options: argparse.Namespace) -> None:
    """Prints the notes on configs, each once; with --quiet, none."""
    notes: dict[str, list[str]] = {}
    for config, label in () if options.quiet else requested:
        for note in config.notes:
            notes.setdefault(note, []).append(label)
    for note, where in notes.items():
        more = f" (and {len(where) - 1} more)" if len(where) > 1 else ""
        print(f"note: {where[0]}{more}: {note}", file=sys.stderr)
    print_unread(requested, options)


def print_unread(
    requested: Sequence[tuple[Config, str]],
    options: argparse.Namespace,
    typed: Collection[str] = (),
    where: Callable[[Sequence[str]], str] | None = None,
) -> None:
    """Prints one note on the keys of configs that have no effect, if there are some; with --quiet, none.

    Args:
        requested: configs, each with a label.
        options: the command line.
        typed: keys that the command line gave beside `--set`.
        where: the words for some labels, as for `unread_text`.
    """
    if options.quiet:
        return
    from Arch.report.unread_words import unread_keys, unread_text

    if note := unread_text(unread_keys(requested, typed), where):
        print(f"note: {note}", file=sys.stderr)
