"""`-c FILE [FILE ...]`: runs configs; cached results are shown at once."""

from __future__ import annotations

import argparse
from pathlib import Path

from Arch.cli.console.options import refuse_sweeping, unknown_word
from Arch.cli.shared.results import workspace_of
from Arch.cli.shared.running import finish
from Arch.errors import ConfigError


def run(options: argparse.Namespace) -> int:
    """Makes the missing runs of the configs and shows their results."""
    if options.words:
        raise ConfigError(f"{unknown_word(options.words[0])}.")
    refuse_sweeping(options)
    workspace = workspace_of(options)
    requested = [(workspace.resolver.load(Path(name), options.set), name) for name in options.config]
    return finish(workspace, requested, options)
