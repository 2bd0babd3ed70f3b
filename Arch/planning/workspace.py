"""Where experiments live: a cache, its rules, the data; and how words on a command line select among them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from Arch import files
from Arch.cache.agreement import check_defaults
from Arch.cache.entry import Entry
from Arch.cache.layout import is_fingerprint
from Arch.cache.store import Store
from Arch.config.config import Config
from Arch.config.foreign import PLACE, ForeignNetwork, is_foreign
from Arch.config.json_text import Source
from Arch.config.overrides import filter_of
from Arch.config.plugins.joining import as_asked, recorded, remembered, rules_with
from Arch.config.resolve import Resolver
from Arch.config.rules.rules import Rules
from Arch.errors import (
    ArchError,
    ChangedDefaultError,
    ConfigError,
    ForeignEntryError,
    PluginError,
)
from Arch.machine.installation import INSTALLATION, RULES_NAME


@dataclass(frozen=True)
class Workspace:
    """A cache with its rules, and the folder of the data.

    Attributes:
        store: the cache.
        resolver: reads configs under the cache's rules.
        data: the root of the datasets.
    """

    store: Store
    resolver: Resolver
    data: Path

    @classmethod
    def at(
        cls, cache: Path | str | None = None, data: Path | str | None = None, rules: Path | str | None = None
    ) -> Workspace:
        """The workspace of a cache folder, by default `INSTALLATION.cache`.

        Unless given, the rules are the folder's `BaselineConfig.cjson` if it has one, else `INSTALLATION.rules`.

        Raises:
            RulesError: the rules file contradicts itself.
            DiskError: the folder cannot be looked into.
        """
        root = Path(cache or INSTALLATION.cache).expanduser().absolute()
        if rules is None:
            rules = root / RULES_NAME if files.exists(root / RULES_NAME) else INSTALLATION.rules
        store = Store(root)
        resolver = Resolver.at(Path(rules), lambda prefix: _stored(store, prefix))
        return cls(store, resolver, Path(data or INSTALLATION.data).expanduser().absolute())

    def configs(self, words: Sequence[str], overrides: Sequence[str] = ()) -> Iterator[tuple[Config, str]]:
        """The experiments that the words select, each with a label for people.

        Args:
            words: config files, folders of them, fingerprint prefixes, and `Key=Value` words that have to hold too;
                without any of the former, the whole cache.
            overrides: `Key=Value` words that change what the files say.

        Raises:
            ArchError: a word leads nowhere, or a config cannot be understood.
        """
        places, filters = self.split(words)
        for config, label in self._selected(self._places(places), overrides, is_asked=bool(places)):
            if all(holds(config, key, value) for key, value in filters):
                yield config, label

    def entries(self, words: Sequence[str], overrides: Sequence[str] = ()) -> tuple[list[Entry], list[ArchError]]:
        """The cached experiments with runs that the words select, each once, and why others cannot be used.

        A damaged or outdated entry fails when it is asked for; among the whole cache it must not hide the others.

        Raises:
            ArchError: as `configs`, or an entry that was asked for cannot be used.
        """
        places, filters = self.split(words)
        usable: dict[str, Entry] = {}
        unreadable: list[ArchError] = []
        for place in self._places(places):
            try:
                for entry in self._usable(place, filters, overrides):
                    usable[entry.fingerprint] = entry
            except ForeignEntryError:
                if places:
                    raise
            except ArchError as error:
                if places:
                    raise
                unreadable.append(error)
        return list(usable.values()), unreadable

    def split(self, words: Sequence[str]) -> tuple[list[str], list[tuple[str, Any]]]:
        """The words that name places, and the others as keys with the values that they have to have.

        Raises:
            ArchError: a `Key=Value` word has no such key, or a value that the key cannot have.
        """
        is_place = {word: "=" not in word or os.path.exists(word) for word in words}  # noqa: PTH110
        places = [word for word in words if is_place[word]]
        return places, [self._filter(word, places) for word in words if not is_place[word]]

    def _usable(self, place: str, filters: Sequence[tuple[str, Any]], overrides: Sequence[str]) -> Iterator[Entry]:
        for config, _ in self._selected([place], overrides):
            entry = self.store.entry(config)
            if all(holds(config, key, value) for key, value in filters) and entry.exists:
                entry.check(config)
                if entry.result().n:
                    yield entry

    def _places(self, places: Sequence[str]) -> Sequence[str]:
        return places or [entry.fingerprint for entry in self.store.entries()]

    def _selected(
        self, places: Sequence[str], overrides: Sequence[str], *, is_asked: bool = True
    ) -> Iterator[tuple[Config, str]]:
        """The configs of places; among those that nobody asked for, networks from elsewhere are no experiments."""
        for place in places:
            if os.path.isdir(place):  # noqa: PTH112 - asked of every one of ten thousand words
                for path in _config_names(place):
                    yield self.resolver.load(path, overrides), path
            elif place.endswith(".json") or os.path.isfile(place):  # noqa: PTH113 - as above
                yield self.resolver.load(Path(place), overrides), place
            else:
                try:
                    config = self.cached(place, overrides)
                except ForeignEntryError:
                    if is_asked:
                        raise
                    continue
                yield config, self.store.find(place).fingerprint if overrides else config.fingerprint

    def cached(
        self, prefix: str, overrides: Sequence[str] = (), options: Mapping[str, Any] = MappingProxyType({})
    ) -> Config:
        """The config of a cached experiment.

        Args:
            prefix: how its fingerprint begins.
            overrides: `Key=Value` words that change what it says.
            options: the options it is to have, since an entry keeps none.

        Raises:
            UnknownNameError: there is no such experiment; CacheError: there are several, or its entry is damaged.
            ChangedDefaultError: today's rules name it otherwise.
            ForeignEntryError: it is a network from elsewhere.
        """
        entry = self.store.find(prefix)
        document, source = entry.document(), Source(f"experiment {entry.fingerprint}")
        if is_foreign(document["Active"]):
            raise ForeignEntryError(
                f"{entry.fingerprint[:12]} is the network {document.get('Title')}, which no experiment here trained: "
                "it has no runs of its own, and experiments name it as their Teacher or PreTrainedFrom."
            )
        try:
            config = self.resolver.resolve({**as_asked(document), **options}, source=source, overrides=overrides)
        except PluginError as problem:
            if overrides:
                raise
            return remembered(document, self.resolver.rules, str(problem))
        if config.fingerprint != entry.fingerprint and not overrides:
            check_defaults(entry.path, document, config)
            raise ChangedDefaultError(
                f"{entry.path} was named under other rules than today's, which would name it {config.fingerprint}. "
                "`main.py rehash` shows why, and gives it that name."
            )
        return config

    def _filter(self, word: str, places: Sequence[str]) -> tuple[str, Any]:
        try:
            return filter_of(self.resolver.rules, word)
        except ArchError:
            for rules in self._plugged(places):
                with contextlib.suppress(ArchError):
                    return filter_of(rules, word)
            raise

    def _plugged(self, places: Sequence[str]) -> Iterator[Rules]:
        """The rules with the plugins of what is asked for and of what is cached, as far as they can be read."""
        rules = self.resolver.rules
        for place in places:
            with contextlib.suppress(ArchError):
                yield from (config.rules for config, _ in self._selected([place], ()) if config.rules.plugins)
        for entry in self.store.entries():
            with contextlib.suppress(ArchError):
                if paths := recorded(entry.document()):
                    yield rules_with(rules, paths)


def config_files(folder: Path) -> list[Path]:
    """Every `.json` file below a folder, sorted; not what a cache keeps, nor hidden folders such as its trash.

    Raises:
        ConfigError: there is none, or a folder cannot be read.
    """
    return [Path(path) for path in _config_names(folder)]


def _config_names(folder: Path | str) -> list[str]:
    """As `config_files`: ten thousand Path objects cost as much as reading the files."""
    found: list[str] = []
    for where, folders, names in os.walk(folder, onerror=_refuse_folder):
        folders[:] = [name for name in folders if not (is_fingerprint(name) or name.startswith("."))]
        found += [
            os.path.normpath(os.path.join(where, name))  # noqa: PTH118
            for name in names
            if name.endswith(".json")
        ]
    if not found:
        raise ConfigError(f"{folder}: expected a folder with config files (*.json) in it, found none.")
    return sorted(found)


def _refuse_folder(problem: OSError) -> NoReturn:
    raise ConfigError(f"{problem.filename}: the folder cannot be read: {problem.strerror}.") from problem


def _stored(store: Store, prefix: str) -> Mapping[str, Any]:
    document = store.find(prefix).document()
    place = {PLACE: document[PLACE]} if PLACE in document else {}
    return {**as_asked(document), **place}


def holds(config: Config, key: str, value: Any) -> bool:
    """Whether a `Key=Value` word selects a config; a reference answers to its network's name and its fingerprint."""
    reference = config.references.get(key)
    if reference is None:
        return key in config.active and bool(config.active[key] == value)
    if isinstance(reference, ForeignNetwork):
        return value in (reference.title, reference.fingerprint)
    return value in (reference.active.get("Model"), reference.fingerprint)
