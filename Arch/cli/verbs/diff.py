"""Shows the keys in which two experiments differ."""

from __future__ import annotations

import argparse
import dataclasses
import json

from Arch.cli.shared.config_notes import print_unread
from Arch.cli.shared.results import workspace_of
from Arch.config.config import Config
from Arch.config.explain import differences, idle_differences
from Arch.config.json_text import describe
from Arch.errors import ConfigError
from Arch.planning.words import configs
from Arch.planning.workspace import Workspace
from Arch.report.columns import aligned

EXAMPLES = """examples:
  main.py diff one.json other.json
  main.py diff one.json 3f9a                      a file and a cached experiment
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument("first", metavar="A", help="a file or a fingerprint prefix")
    parser.add_argument("second", metavar="B", help="another")


def run(options: argparse.Namespace) -> int:
    """Prints the differing keys."""
    workspace = workspace_of(options)
    first, second = (_one(workspace, word, options.set) for word in (options.first, options.second))
    found = differences(first, second)
    if found or options.json:
        print_unread([(first, options.first), (second, options.second)], options)
    if options.json:
        print(json.dumps([dataclasses.asdict(each) for each in found], indent=1))
    elif not found:
        print(f"one experiment: {first.fingerprint}")
        _print_idle(first, second, options)
    else:
        rows = [("", options.first, options.second), *((d.key, _shown(d.first), _shown(d.second)) for d in found)]
        print("\n".join(aligned(rows, "<<<")))
    return 0


def _one(workspace: Workspace, word: str, overrides: list[str]) -> Config:
    found = list(configs(workspace, [word], overrides))
    if len(found) != 1:
        raise ConfigError(f"{word}: expected one experiment, got {len(found)}. Name a file or a fingerprint.")
    return found[0][0]


def _print_idle(first: Config, second: Config, options: argparse.Namespace) -> None:
    """Prints the values that differ between two configs of one experiment, each with the reason why it does not count.

    Values of references are not compared: they are one experiment as well.
    """
    rows = [(each.key, _given(each.first), _given(each.second), each.why) for each in idle_differences(first, second)]
    if rows:
        print("\n".join(aligned([("", options.first, options.second, ""), *rows], "<<<<")))


def _given(value: object) -> str:
    return "(not given)" if value is None else describe(value)


def _shown(value: object) -> str:
    return "(off)" if value is None else describe(value)
