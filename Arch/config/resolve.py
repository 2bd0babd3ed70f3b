"""Resolves files and mappings into a `Config`: strict about names, types and values, not about their order."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from Arch.config import json_text
from Arch.config.config import Config
from Arch.config.foreign import ForeignNetwork
from Arch.config.identity import named_values
from Arch.config.json_text import Source
from Arch.config.lookup import StoredLookup, no_store
from Arch.config.names import PLUGINS, TRAINER
from Arch.config.overrides import overridden, parse_value
from Arch.config.reading import Reading, read_given
from Arch.config.records import require_record
from Arch.config.references import References
from Arch.config.rules.reader import read_rules
from Arch.config.rules.rules import Relevance, Rules
from Arch.config.siblings import Sibling
from Arch.config.unread import Unread
from Arch.errors import ConfigError
from Arch.escaping import printable


@dataclass(frozen=True)
class Resolver:
    """Resolves configs under one set of rules, each file once.

    Attributes:
        rules: the rules of identity.
        stored: finds a cached experiment's config by (a prefix of) its fingerprint.
        root: the resolver without plugins, if this one has some; it loads files, since each file names its own plugins.
        trusted: the plugins of the command for which this process works, with the SHA-256 of each: a record of the
            cache that names one of them names nothing new. Empty in the process that was given the configs.
    """

    rules: Rules
    stored: StoredLookup = no_store
    root: Resolver | None = None
    trusted: Mapping[str, str] = field(default_factory=dict)
    _files: dict[str, Config] = field(default_factory=dict)
    _derived: dict[tuple[int, str, str, str], Config] = field(default_factory=dict)
    _siblings: dict[Path, Sibling] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _plugged: dict[tuple[tuple[str, bool], ...], Resolver] = field(default_factory=dict)

    @classmethod
    def at(cls, rules_path: Path, stored: StoredLookup = no_store) -> Resolver:
        """Returns a resolver under the rules of a file."""
        return cls(read_rules(rules_path), stored)

    def load(self, path: Path | str, overrides: Sequence[str] = ()) -> Config:
        """Returns the config in a file, with `Key=Value` overrides.

        Raises:
            ConfigError: the file cannot be read or resolved; the message has the line.
        """
        if self.root:
            return self.root.load(path, overrides)
        place = os.path.abspath(path)  # noqa: PTH100 - `..` is removed, but links are not followed
        if place in self._open:
            cycle = " -> ".join((*self._open[self._open.index(place) :], place))
            message = f"{place}: the references form a cycle: {cycle}. Give one of them another teacher."
            raise ConfigError(printable(message))
        if not overrides and place in self._files:
            return self._files[place]
        self._open.append(place)
        try:
            raw, source = json_text.read_object(place)
            config = self.nested(raw, _folder(os.path.dirname(place)), source, overrides)  # noqa: PTH120 - as above
        except RecursionError:
            if len(self._open) > 1:  # the outermost call reports it, with the file that the user named
                raise
            raise ConfigError(f"{printable(place)}: too many experiments inside each other.") from None
        finally:
            self._open.pop()
        if not overrides:
            self._files[place] = config
        return config

    def resolve(
        self,
        raw: Mapping[str, Any],
        folder: Path | None = None,
        source: Source | None = None,
        overrides: Sequence[str] = (),
    ) -> Config:
        """Returns the config with these keys and values.

        Args:
            raw: keys and values; missing keys get their defaults.
            folder: the folder to which its relative paths refer; the working directory by default.
            source: the origin of `raw`, for error messages.
            overrides: `Key=Value` words that replace values of `raw`.

        Raises:
            ConfigError: an unknown key, an invalid or missing value, or a reference that cannot be resolved.
        """
        source = source or Source("config")
        try:
            return self.nested(raw, folder or Path.cwd(), source, overrides)
        except RecursionError:
            raise ConfigError(f"{source.label}: too many experiments inside each other.") from None

    def nested(self, raw: Mapping[str, Any], folder: Path, source: Source, overrides: Sequence[str] = ()) -> Config:
        """Returns the config of a mapping, as `resolve` does, but leaves `RecursionError` to the outermost config."""
        other = self.under(raw, folder, source, overrides)
        if other is not self:
            return other.nested(raw, folder, source, overrides)
        if source.is_record:
            require_record(self.rules, raw, source)
        if overrides:
            reading = read_given(self.rules, raw, source)
            words = overridden(self.rules, overrides, reading.given.get(TRAINER, ""))
            reading.given.update(words)
            return self._resolved(replace(reading, typed=frozenset(words)), folder)
        sibling = self._siblings.get(folder)
        changes = sibling.changes(raw) if sibling else None
        if sibling and changes is not None:
            return self._changed(sibling.config, changes, source)
        reading = read_given(self.rules, raw, source)
        if PLUGINS in reading.trails:
            raise ConfigError(
                f"{source.at(*reading.trails[PLUGINS])}{PLUGINS} has to be at the top level of the config."
            )
        config = self._resolved(reading, folder)
        self._siblings[folder] = Sibling(dict(raw), config)
        return config

    def under(self, raw: Mapping[str, Any], folder: Path, source: Source, overrides: Sequence[str] = ()) -> Resolver:
        """Returns the resolver with the plugins that a config names in addition to those of this resolver.

        Raises:
            ConfigError: a plugin is missing or contradicts the rules.
        """
        words = [word for word in overrides if word.startswith(f"{PLUGINS}=")] if overrides else ()
        stated = None if source.is_record else raw.get(PLUGINS)
        named = parse_value(self.rules, PLUGINS, words[-1].partition("=")[2]) if words else stated
        if not named or PLUGINS not in self.rules.options:
            return self
        from Arch.config.plugins.joining import paths_of  # few configs have plugins

        try:
            return self.plugged(paths_of(named, folder))
        except ConfigError as problem:
            at = "--set: " if words else source.at(PLUGINS)
            raise type(problem)(f"{at}{PLUGINS}: {problem}") from None

    def plugged(self, paths: Sequence[str], recorded: Sequence[str] = ()) -> Resolver:
        """Returns the resolver with further plugins in addition to its own.

        Args:
            paths: absolute paths of Python files.
            recorded: further ones, which only the record of a cached experiment names; see `Extension.is_named`.

        Raises:
            PluginError: a plugin is missing or contradicts the rules.
        """
        from Arch.config.plugins.joining import rules_with  # few configs have plugins

        root, own = self.root or self, {each.code.path: each.is_named for each in self.rules.plugins}
        wanted = {**own, **{path: own.get(path, False) for path in recorded}, **dict.fromkeys(paths, True)}
        if wanted == own:
            return self
        key = tuple(wanted.items())
        if key not in root._plugged:  # noqa: SLF001 - of the same class
            named, others = ([path for path in wanted if wanted[path] is is_named] for is_named in (True, False))
            rules = rules_with(root.rules, named, others)
            root._plugged[key] = Resolver(rules, self.stored, root, self.trusted)  # noqa: SLF001
        return root._plugged[key]  # noqa: SLF001

    def derive(self, given: dict[str, Any], folder: Path, source: Source) -> Config:
        """Returns the config of canonical values; cached, since hundreds of students share one teacher."""
        relevance = self.rules.relevance(given)
        options = {key: given[key] for key in self.rules.options if key in given}
        known = (id(relevance), repr(named_values(given, relevance.defaults)), repr(options), str(folder))
        if known not in self._derived:
            derived = replace(source, is_written=False)
            self._derived[known] = self._resolved(Reading(self.rules, derived, given), folder)
        return self._derived[known]

    def _changed(self, config: Config, changes: Mapping[str, Any], source: Source) -> Config:
        """Returns a config with changes that leave its active keys, options and references as they are."""
        rules, relevance, given = config.rules, config.relevance, {**config.given, **changes}
        reading = Reading(rules, source, given)
        changed = named_values(changes, relevance.defaults)
        for key in changed:
            if key in relevance.limited:
                reading.check_value(key)
        named = {key: value for key, value in config.named.items() if key not in changes} | changed
        options, references, earlier = config.options, config.references, config.unread
        unread = Unread(earlier.rules, given, earlier.keys, earlier.typed, source)
        return Config(rules, relevance, named, options, references, given, config.folder, config.notes, unread=unread)

    def _resolved(self, reading: Reading, folder: Path) -> Config:
        given, rules = reading.given, self.rules
        relevance = rules.relevance(given)
        named = named_values(given, relevance.defaults)
        reading.check(relevance, named)
        options = self.rules.options
        if not options.keys().isdisjoint(given):
            options = {key: given.get(key, default) for key, default in options.items()}
        references = References(self, given, folder, reading.source).of(relevance.defaults)
        notes, unread = _notes(relevance, reading, references), Unread.of(reading, relevance)
        if rules.plugins:
            from Arch.config.plugins.joining import acting  # few configs have plugins

            rules = acting(rules, named, given)
            given = {key: value for key, value in given.items() if key in rules.keys}
            relevance = rules.relevance(given)
            named = named_values(given, relevance.defaults)
        for key, other in references.items():
            named[key] = other.fingerprint
        return Config(rules, relevance, named, options, references, given, folder, notes, unread=unread)


@functools.lru_cache(maxsize=1024)
def _folder(path: str) -> Path:
    """Returns a folder as a `Path`; cached, since making one costs as much as reading a config."""
    return Path(path)


def _notes(
    relevance: Relevance, reading: Reading, references: Mapping[str, Config | ForeignNetwork]
) -> tuple[str, ...]:
    given = reading.given
    notes = [f"{name} is accepted without effect: {reading.rules.retired[name]}." for name in reading.retired]
    for key, other in references.items():
        source = other.source if isinstance(other, ForeignNetwork) else None
        if source and source.is_random:
            notes.append(f"{key}: {other.title} has random weights; {other.title}@WEIGHTS names trained ones.")
        if (
            source
            and source.place
            and f"{key}Normalization" in relevance.defaults
            and f"{key}Normalization" not in given
        ):
            notes.append(
                f"{key}: the file of {other.title} does not say with which normalisation it was trained, so its images "
                f"are normalised with the constants of the dataset; {key}Normalization chooses others."
            )
    return tuple(notes)
