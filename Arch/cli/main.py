"""Runs, sweeps and shows experiments; without arguments, a demonstration on handwritten digits."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from Arch.cli.console.options import root_parser, verb_parser
from Arch.cli.console.program import guarded
from Arch.cli.verb_list import VERBS


def main(arguments: Sequence[str]) -> int:
    """Runs the program and returns its exit code: 0 only if nothing failed."""
    if arguments and arguments[0] in VERBS:
        return _verb(arguments[0], arguments[1:])
    options = root_parser().parse_intermixed_args(arguments)
    name = "sweep" if options.sweep else "run" if options.config else "demo"
    if name == "demo" and options.words and options.words[0] in VERBS:  # options stand before the verb
        place = arguments.index(options.words[0])
        return _verb(options.words[0], [*arguments[:place], *arguments[place + 1 :]])
    return int(importlib.import_module(f"Arch.cli.verbs.{name}").run(options))


def _verb(name: str, arguments: Sequence[str]) -> int:
    verb = importlib.import_module(f"Arch.cli.verbs.{name}")
    return int(verb.run(verb_parser(name, verb).parse_intermixed_args(arguments)))


def program() -> int:
    """Runs the program on this process's arguments and returns its exit code; errors are printed as one sentence."""
    return guarded(main, sys.argv[1:])
