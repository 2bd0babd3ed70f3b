"""`-e DIR [Key=Value ...]`: runs every config below a folder, teachers first."""

from __future__ import annotations

import argparse
from pathlib import Path

from Arch.errors import ConfigError
from Scripts.carry import finish, workspace_of


def run(options: argparse.Namespace) -> int:
    """Trains what is missing of the folder's configs and shows their results; one that fails stops no other."""
    if not Path(options.sweep).is_dir():
        raise ConfigError(f"-e {options.sweep}: expected a folder of configs, found none. One file runs with -c.")
    workspace = workspace_of(options)
    asked = list(workspace.configs([options.sweep, *options.words], options.set))
    if not asked:
        raise ConfigError(f"{options.sweep}: no config below it has {' and '.join(options.words)}.")
    return finish(workspace, asked, options)
