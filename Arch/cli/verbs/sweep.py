"""`-e DIR [Key=Value ...]`: runs every config below a folder, teachers first."""

from __future__ import annotations

import argparse
from pathlib import Path

from Arch.cli.shared.config_notes import print_notes
from Arch.cli.shared.results import workspace_of
from Arch.cli.shared.running import show_results
from Arch.errors import ConfigError
from Arch.planning.plan import make_plan
from Arch.planning.task import tasks_of
from Arch.planning.words import configs


def run(options: argparse.Namespace) -> int:
    """Makes the missing runs of the folder's configs in parallel, and shows their results."""
    if not Path(options.sweep).is_dir():
        raise ConfigError(f"-e {options.sweep}: expected a folder of configs, found none. One file runs with -c.")
    workspace = workspace_of(options)
    requested = list(configs(workspace, [options.sweep, *options.words], options.set))
    if not requested:
        raise ConfigError(f"{options.sweep}: no config below it has {' and '.join(options.words)}.")
    print_notes(requested, options)
    plan = make_plan(requested, workspace.store)
    tasks = tasks_of(plan)
    if not tasks:
        return show_results(workspace, plan, options)
    from Arch.cli.shared.sweeping import sweep  # costly, and not needed for a cached answer

    return sweep(workspace, plan, tasks, options, is_forced=False)
