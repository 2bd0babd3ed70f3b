"""Shows the state of experiments: done, running and how far, failed and why, stopped, missing. Changes nothing."""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter

from Arch.cli.console.options import add_what
from Arch.cli.shared.fast_reading import read_fast
from Arch.cli.shared.results import workspace_of
from Arch.planning.overview import overviews
from Arch.report.status_words import counts, details, json_row, table

EXAMPLES = """examples:
  main.py status                                  every experiment that was ever started in the cache
  main.py status ExperimentConfigs                the experiments of these configs, also missing ones
  main.py status 3f9a                             one experiment, with its traceback and the end of its log
  main.py status Model=resnet8 --full
  main.py status ExperimentConfigs --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_what(parser, needed=False)
    parser.add_argument("--full", action="store_true", help="every detail of every experiment")


def run(options: argparse.Namespace) -> int:
    """Prints a line of counts and a table of the experiments that are not done; returns 0 in every state."""
    read_fast()
    found = overviews(workspace_of(options), options.what, options.set)
    if options.json:
        states = Counter(each.status.state.value for each in found)
        print(json.dumps({"counts": dict(states), "experiments": [json_row(each) for each in found]}, indent=1))
    elif options.full or (options.what and sum(not each.is_needed for each in found) == 1):
        print("\n\n".join("\n".join(details(each, time.time())) for each in found))
    else:
        print("\n".join([counts(found), *table(found, time.time())]))
    return 0
