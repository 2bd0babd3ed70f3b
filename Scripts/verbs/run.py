"""`-c FILE [FILE ...]`: runs configs; what is cached is shown at once."""

from __future__ import annotations

import argparse
from pathlib import Path

from Arch.errors import ConfigError
from Scripts.carry import finish, workspace_of
from Scripts.options import unknown_word

_OF_SWEEPS = {"gpus": None, "per_gpu": 1, "workers": None, "retry": 0, "timeout": None, "fail_fast": False}


def run(options: argparse.Namespace) -> int:
    """Trains what is missing of the configs and shows their results."""
    if options.words:
        raise ConfigError(f"{unknown_word(options.words[0])}.")
    _refuse_sweeping(options)
    workspace = workspace_of(options)
    asked = [(workspace.resolver.load(Path(name), options.set), name) for name in options.config]
    return finish(workspace, asked, options)


def _refuse_sweeping(options: argparse.Namespace) -> None:
    for name, default in _OF_SWEEPS.items():
        if getattr(options, name) != default:
            raise ConfigError(f"--{name.replace('_', '-')} is for -e: -c runs one config after the other, here.")
