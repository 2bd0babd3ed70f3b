"""The demonstration on handwritten digits: a teacher, a student alone, and the student distilled from the teacher."""

from __future__ import annotations

import argparse

from Arch.cli.console.options import refuse_sweeping, unknown_word
from Arch.cli.shared.drawing import draw
from Arch.cli.shared.results import workspace_of
from Arch.cli.shared.running import finish
from Arch.errors import ConfigError
from Arch.machine.installation import INSTALLATION
from Arch.planning.words import configs


def run(options: argparse.Namespace) -> int:
    """Runs the demonstration's configs, prints their table and saves their figures."""
    if options.words:
        raise ConfigError(f"{unknown_word(options.words[0])}.")
    refuse_sweeping(options)
    workspace = workspace_of(options)
    requested = list(configs(workspace, [str(INSTALLATION.demonstration)], options.set))
    code = finish(workspace, requested, options)
    if code:
        return code
    entries = [workspace.store.entry(config) for config, _ in requested]
    return draw(["accuracy-bars", "training-curves"], entries, options, stem="quickstart")
