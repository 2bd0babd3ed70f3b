"""The option `--plugin`: plugin files for verbs that read no config."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from Arch.cli.console.options import filled, path_of
from Arch.cli.shared.results import workspace_of
from Arch.config import json_text
from Arch.config.plugins.running import use_files
from Arch.config.resolve import Resolver
from Arch.config.rules.extension import rules_path_of
from Arch.config.rules.rules import Rules
from Arch.planning.workspace import Workspace


def add_plugin(parser: argparse.ArgumentParser, about: str = "a plugin file, as in a config's Plugins") -> None:
    """Adds the option `--plugin`, with a line for the help."""
    parser.add_argument("--plugin", type=filled, action="append", default=[], metavar="FILE", help=about)


def add_plugin_of_cached(parser: argparse.ArgumentParser) -> None:
    """Adds the option `--plugin` for experiments that are named by their fingerprints."""
    add_plugin(
        parser,
        "a plugin file that an experiment named by its fingerprint may use: no other file that the cache names is run",
    )


def workspace_with_plugins(options: argparse.Namespace) -> Workspace:
    """Returns the workspace that the command line names, with its plugins; raises PluginError."""
    return workspace_of(options).with_plugins([os.path.abspath(each) for each in options.plugin])  # noqa: PTH100 - as below


def add_config(parser: argparse.ArgumentParser) -> None:
    """Adds the option for a config whose plugins are used."""
    parser.add_argument("-c", "--config", type=path_of, metavar="FILE", help="with the Plugins of this config")


def rules_with_plugins(resolver: Resolver, options: argparse.Namespace) -> Rules:
    """Returns the rules with the plugins named on the command line, directly or by a config; raises ConfigError."""
    if options.config:
        raw, source = json_text.read_object(options.config)
        resolver = resolver.under(raw, options.config.absolute().parent, source)
    paths = [os.path.abspath(each) for each in options.plugin]  # noqa: PTH100 - symbolic links are kept, as in configs
    return resolver.plugged([each for each in paths if Path(rules_path_of(each)).exists()]).rules


def run_plugins(rules: Rules, options: argparse.Namespace) -> None:
    """Executes the plugin files, so that the registries have what they register; raises PluginError."""
    use_files([*(each.code.path for each in rules.plugins), *options.plugin])
