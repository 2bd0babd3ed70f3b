"""The plugins that a cached experiment records: files that only a cache names, unless a config names them, too."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from Arch.config.config import Config
from Arch.config.foreign import ForeignNetwork
from Arch.config.identity import without_defaults
from Arch.config.json_text import describe
from Arch.config.names import PLUGINS
from Arch.config.plugins.joining import rules_with
from Arch.config.rules.rules import Relevance, Rules
from Arch.errors import CorruptEntryError, PluginError


@dataclass(frozen=True)
class Record:
    """One plugin in the record of a cached experiment, as of its last training.

    Attributes:
        path: absolute path of the Python file.
        sha256: the SHA-256 of its content.
    """

    path: str
    sha256: str


def recorded(document: Mapping[str, Any]) -> tuple[Record, ...]:
    """Returns the plugins in an entry's Config.json; raises CorruptEntryError where it holds something else."""
    found = document.get(PLUGINS, [])
    if not isinstance(found, list):
        raise _damaged(found)
    return tuple(_record(each) for each in found)


def sorted_by_name(
    records: Sequence[Record], rules: Rules, trusted: Mapping[str, str]
) -> tuple[Sequence[str], Sequence[str]]:
    """Sorts the files of records by whether they are named elsewhere, too.

    Args:
        records: the plugins of a cached experiment.
        rules: the rules under which it is looked up: those with the plugins that the asking config names.
        trusted: see `Resolver.trusted`.

    Returns:
        The paths that are trusted, and those that only the record names. A file that the rules have already, by
        content, is in neither.
    """
    known = {each.code.sha256 for each in rules.plugins}
    new = [each for each in records if each.sha256 not in known]
    others = {each.path: _trusted_path(each, trusted) for each in new}
    return [each for each in others.values() if each], [path for path, other in others.items() if not other]


def changed(config: Config, records: Sequence[Record], trusted: Mapping[str, str]) -> str:
    """Returns why named plugins are not those that a cached experiment was made with; empty if they are.

    Args:
        config: the experiment, under the plugins that are named.
        records: the plugins that it records; none say nothing about their content.
        trusted: see `Resolver.trusted`.
    """
    known = {each.sha256 for each in records}
    for each in config.rules.plugins if known else ():
        if each.is_named and each.code.path not in trusted and each.code.sha256 not in known:
            return (
                f"it was made with another content of the plugin {each.code.name} (SHA-256 "
                f"{', '.join(sorted(digest[:12] for digest in known))}) than {each.code.path} has now "
                f"({each.code.sha256[:12]}). Restore that content, or name the experiment by its config's file, which "
                "takes the plugin as it is now."
            )
    return ""


def config_without_plugins(document: Mapping[str, Any], rules: Rules, why: str) -> Config:
    """Returns the config of an entry whose plugins are missing: it can be shown, but not run.

    Args:
        document: its Config.json.
        rules: the built-in rules.
        why: the error of the plugins, as a sentence.
    """
    active, defaults = document["Active"], document["Defaults"]
    named = without_defaults(active, defaults)
    off = tuple(key for key, rule in rules.keys.items() if key not in active and not rule.is_option)
    references = {
        key: ForeignNetwork(str(other["Title"]), str(other["Fingerprint"]), why)
        for key, other in document["References"].items()
    }
    relevance = Relevance(defaults, off, frozenset(), ())
    return Config(rules, relevance, named, rules.options, references, named, Path.cwd(), (), why)


def rules_of(document: Mapping[str, Any], rules: Rules) -> Rules:
    """Returns the rules under which a Config.json can be shown: with its plugins, unless they are missing.

    Raises:
        CorruptEntryError: as `recorded`.
    """
    records = recorded(document)
    if not records:
        return rules
    try:
        return rules_with(rules, (), [each.path for each in records])
    except PluginError:
        return rules


def _record(value: Any) -> Record:
    path = value.get("Path") if isinstance(value, dict) else None
    if not isinstance(path, str) or not os.path.isabs(path) or not path.endswith(".py") or "\0" in path:  # noqa: PTH117
        raise _damaged(value)
    return Record(path, str(value.get("Sha256", "")))


def _trusted_path(record: Record, trusted: Mapping[str, str]) -> str:
    """Returns the trusted file that a record is about: of its content, else at its path, else of its name."""
    name = record.path.rpartition("/")[2]
    by_content = [path for path, digest in trusted.items() if digest == record.sha256]
    by_name = [path for path in trusted if path.rpartition("/")[2] == name]
    return next(iter((*by_content, *([record.path] if record.path in trusted else ()), *by_name)), "")


def _damaged(value: Any) -> CorruptEntryError:
    return CorruptEntryError(
        f"the record of a cached experiment is damaged or was edited: expected {PLUGINS} to be a list of absolute "
        f"paths of Python files with their digests, found {describe(value)}. Restore it from a copy, or remove it "
        "(`main.py rm --corrupt` lists it)."
    )
