"""Prints what an answer lacks of what the words of the command line ask for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection

from Arch.planning.absent import Asked, absent, asked_for
from Arch.planning.workspace import Workspace
from Arch.report.absent_words import absent_text


def print_absent(
    workspace: Workspace,
    options: argparse.Namespace,
    shown: Collection[str],
    *,
    words: Collection[str] | None = None,
    done: str = "it cannot be read",
) -> tuple[int, list[Asked]]:
    """Prints one note on the experiments that the words ask for and the answer lacks; with --quiet, only named ones.

    Args:
        workspace: the cache and its rules.
        options: the command line.
        shown: the fingerprints in the answer.
        words: the words; by default those of the verb.
        done: the reason for an experiment whose runs are finished.

    Returns:
        The exit code, 1 if a word names a lacking experiment, and what files, folders and fingerprints ask for.
    """
    words = list(options.what if words is None else words)
    asked = asked_for(workspace, words, options.set)
    lacking = absent(workspace, words, shown, asked)
    total = len(asked) or len(shown) + len(lacking)
    is_named = any(each.is_named for each in lacking)
    if lacking and (is_named or not options.quiet):
        print(f"{'error' if is_named else 'note'}: {absent_text(lacking, total, done)}", file=sys.stderr)
    return int(is_named), asked
