"""Joins the keys and choices of plugins to the rules; their Python is not run."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError
from itertools import chain
from pathlib import Path
from typing import Any

from Arch.config import json_text
from Arch.config.json_text import Source
from Arch.config.plugins.distinct import require_distinct
from Arch.config.plugins.reading import extended, read_extension
from Arch.config.rules.declarations import Declaration, KeyRule, ReferenceRule
from Arch.config.rules.extension import Code, Extension, rules_path_of
from Arch.config.rules.rules import Rules, ordered
from Arch.errors import ConfigError, PluginError, RulesError
from Arch.escaping import printable


def rules_with(rules: Rules, paths: Sequence[str], recorded: Sequence[str] = ()) -> Rules:
    """Returns the rules with the additions of plugins; cached for each set of plugins.

    Args:
        rules: the built-in rules, or those with other plugins.
        paths: absolute paths of Python files.
        recorded: further ones, which only the record of a cached experiment names; see `Extension.is_named`.

    Raises:
        PluginError: a file is missing, or contradicts itself, the built-in rules or another plugin.
    """
    built_in = rules.built_in or rules
    wanted = tuple({**dict.fromkeys(recorded, False), **dict.fromkeys(paths, True)}.items())
    if not wanted:
        return built_in
    if wanted not in built_in.extended:
        plugins = (replace(_extension(built_in, path), is_named=is_named) for path, is_named in wanted)
        built_in.extended[wanted] = _merged(built_in, tuple(plugins))
    return built_in.extended[wanted]


def acting(rules: Rules, named: Mapping[str, Any], given: Mapping[str, Any]) -> Rules:
    """Returns the rules with only the plugins that a config uses; see `Extension.acts`."""
    used = [each for each in rules.plugins if each.acts(named, given)]
    if len(used) == len(rules.plugins):
        return rules
    paths = ([each.code.path for each in used if each.is_named is is_named] for is_named in (True, False))
    return rules_with(rules, *paths)


def paths_of(value: Any, folder: Path) -> tuple[str, ...]:
    """Returns the absolute paths in the option `Plugins` of a config in `folder`; raises ConfigError."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(each, str) for each in value):
        raise ConfigError(f"expected a list of paths, each as text, got {json_text.describe(value)}.")
    return tuple(os.path.abspath(folder / os.path.expanduser(each)) for each in value)  # noqa: PTH100, PTH111 - as `path_of`


def read_code(path: str, *, needs_rules: bool = True) -> tuple[Code, dict[str, Any], Source]:
    """Reads a plugin's files: the Python, and the document beside it with its source.

    Args:
        path: the Python file, absolute.
        needs_rules: whether the `.cjson` is required; a plugin with figures alone needs none.

    Raises:
        PluginError: one of them cannot be read.
    """
    import hashlib  # few configs have plugins

    if not path.endswith(".py"):
        raise PluginError(f"{printable(path)}: expected a Python file, whose name ends in .py.")
    _require_file(path)
    content = json_text.read_file(path, PluginError)
    digest, rules_path = hashlib.sha256(content).hexdigest(), rules_path_of(path)
    if Path(rules_path).exists():
        _require_file(rules_path)
        document, source = json_text.read_object(rules_path, PluginError)
        rules_digest = hashlib.sha256((source.text or "").encode()).hexdigest()
        return Code(path, content, digest, rules_digest), document, source
    if needs_rules:
        raise PluginError(
            f"{printable(rules_path)}: no such file. It says which keys and choices {printable(path)} adds; "
            "{} says that it adds none."
        )
    return Code(path, content, digest, ""), {}, Source(printable(rules_path))


def _require_file(path: str) -> None:
    """Raises PluginError for a pipe or a device, which could be read without end; a missing file is left to others."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - as `path_of`
    except (OSError, ValueError):
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise PluginError(f"{printable(path)}: expected a file, got a pipe or a device.")


def _extension(built_in: Rules, path: str) -> Extension:
    if path not in built_in.read:
        code, document, source = read_code(path)
        try:
            built_in.read[path] = read_extension(built_in, code, document, source)
        except RulesError as problem:
            raise PluginError(str(problem)) from None
    return built_in.read[path]


def _merged(built_in: Rules, plugins: tuple[Extension, ...]) -> Rules:
    require_distinct(plugins)
    choices = _joined(plugins)
    schemas = extended(built_in, choices)
    trainings = [name for each in plugins for name in each.trainings]
    keys: dict[str, KeyRule] = {}
    for key, rule in built_in.keys.items():
        more = chain.from_iterable(each.more.get(key, ()) for each in plugins)
        declarations = (_as_training(_without(each, choices), trainings) for each in rule.declarations)
        keys[key] = replace(rule, schema=schemas[key], declarations=(*declarations, *more))
    references = {key: _reset(key, rule, plugins) for key, rule in built_in.references.items()}
    aliases, retired = dict(built_in.aliases), dict(built_in.retired)
    for each in plugins:
        keys |= each.keys
        aliases |= each.aliases
        retired |= each.retired
        references |= each.references
    try:
        keys = ordered(keys)
    except CycleError as problem:
        files = " and ".join(each.source.label for each in plugins)
        raise PluginError(f"{files}: the conditions form a cycle: {' -> '.join(problem.args[1])}.") from None
    return Rules(built_in.source, keys, aliases, retired, references, plugins, built_in)


def _without(declaration: Declaration, choices: Mapping[str, Mapping[str, int]]) -> Declaration:
    """Returns a built-in declaration in which "all choices but some" excepts the choices of plugins too.

    A key such as `BatchNorm` would be part of the fingerprint of a network that may not read it. Where a plugin's
    network reads it, the plugin's own stanza declares it.
    """
    return replace(declaration, conditions=tuple(each.refusing(choices) for each in declaration.conditions))


def _as_training(declaration: Declaration, trainings: Sequence[str]) -> Declaration:
    """Returns a built-in declaration in which what counts for a training counts for the trainings of plugins too."""
    if not trainings:
        return declaration
    conditions = tuple(each.admitting("Trainer", "KDTrainer", trainings) for each in declaration.conditions)
    return replace(declaration, conditions=conditions)


def _reset(key: str, rule: ReferenceRule, plugins: Sequence[Extension]) -> ReferenceRule:
    more = chain.from_iterable(each.resets.get(key, {}).items() for each in plugins)
    return replace(rule, resets={**rule.resets, **dict(more)})


def _joined(plugins: Sequence[Extension]) -> Mapping[str, Mapping[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for each in plugins:
        for key, choices in each.choices.items():
            found.setdefault(key, {}).update(choices)
    return found
