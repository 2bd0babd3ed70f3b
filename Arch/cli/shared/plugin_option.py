"""The option `--plugin`: files of the user's own for what names no config."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from Arch.config import json_text
from Arch.config.plugins.running import use_files
from Arch.config.resolve import Resolver
from Arch.config.rules.extension import rules_path_of
from Arch.config.rules.rules import Rules


def add_plugin(parser: argparse.ArgumentParser) -> None:
    """Adds the option."""
    parser.add_argument(
        "--plugin", action="append", default=[], metavar="FILE", help="a file of your own, as a config's Plugins"
    )


def add_config(parser: argparse.ArgumentParser) -> None:
    """Adds a config whose plugins are meant."""
    parser.add_argument("-c", "--config", type=Path, metavar="FILE", help="with the Plugins of this config")


def rules_with_plugins(resolver: Resolver, options: argparse.Namespace) -> Rules:
    """The rules with the plugins that the command line names, by themselves or by a config; raises ConfigError."""
    if options.config:
        raw, source = json_text.read_object(options.config)
        resolver = resolver.under(raw, options.config.absolute().parent, source)
    paths = [os.path.abspath(each) for each in options.plugin]  # noqa: PTH100 - links stay, as in configs
    return resolver.plugged([each for each in paths if Path(rules_path_of(each)).exists()]).rules


def run_plugins(rules: Rules, options: argparse.Namespace) -> None:
    """Runs the files, so that the registries know what is in them; raises PluginError."""
    use_files([*(each.code.path for each in rules.plugins), *options.plugin])
