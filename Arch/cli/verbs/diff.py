"""Shows the keys in which two experiments differ."""

from __future__ import annotations

import argparse
import dataclasses
import json

from Arch.cli.shared.results import workspace_of
from Arch.config.config import Config
from Arch.config.explain import differences
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
    if options.json:
        print(json.dumps([dataclasses.asdict(each) for each in found], indent=1))
    elif not found:
        print(f"one experiment: {first.fingerprint}")
    else:
        rows = [("", options.first, options.second), *((d.key, _shown(d.first), _shown(d.second)) for d in found)]
        print("\n".join(aligned(rows, "<<<")))
    return 0


def _one(workspace: Workspace, word: str, overrides: list[str]) -> Config:
    found = list(configs(workspace, [word], overrides))
    if len(found) != 1:
        raise ConfigError(f"{word}: expected one experiment, got {len(found)}. Name a file or a fingerprint.")
    return found[0][0]


def _shown(value: object) -> str:
    return "(off)" if value is None else describe(value)
