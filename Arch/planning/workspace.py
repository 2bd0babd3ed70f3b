"""A cache, its rules, and the folder of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from Arch import files
from Arch.cache.agreement import check_defaults
from Arch.cache.store import Store
from Arch.config.config import Config, path_of
from Arch.config.foreign import PLACE, is_foreign
from Arch.config.json_text import Source
from Arch.config.names import PLUGINS
from Arch.config.plugins.records import config_without_plugins
from Arch.config.records import recalled
from Arch.config.resolve import Resolver
from Arch.errors import ChangedDefaultError, ConfigError, ForeignEntryError, PluginError, quoted
from Arch.machine.installation import INSTALLATION, RULES_NAME

_WAYS_OUT = (
    "named under other rules. There are two ways out: restore the old rules, or give the experiments their present "
    "names by `main.py rehash --apply`; without --apply it shows why they change."
)


@dataclass(frozen=True)
class Workspace:
    """A cache with its rules, and the folder of the data.

    Attributes:
        store: the cache.
        resolver: resolves configs under the cache's rules.
        data: the root of the datasets.
    """

    store: Store
    resolver: Resolver
    data: Path

    @classmethod
    def at(
        cls, cache: Path | str | None = None, data: Path | str | None = None, rules: Path | str | None = None
    ) -> Workspace:
        """Returns the workspace of a cache folder, by default `INSTALLATION.cache`.

        Unless given, the rules are the folder's `BaselineConfig.cjson` if it has one, else `INSTALLATION.rules`.

        Raises:
            ConfigError: a folder is in the home of a user who does not exist.
            RulesError: the rules file contradicts itself.
            DiskError: the folder cannot be read.
        """
        if "" in (cache, data):  # as a path, the working directory
            raise ConfigError(
                "expected a folder for the cache and the data, or None for the default; got an empty text."
            )
        root = folder_at(cache or INSTALLATION.cache)
        if rules is None:
            rules = root / RULES_NAME if files.exists(root / RULES_NAME) else INSTALLATION.rules
        store = Store(root)
        resolver = Resolver.at(Path(rules), lambda prefix: _stored(store, prefix))
        return cls(store, resolver, folder_at(data or INSTALLATION.data))

    def with_plugins(self, paths: Sequence[str]) -> Workspace:
        """Returns the workspace in which plugins are named for what is asked for by its fingerprint.

        Raises:
            PluginError: one of the files is missing or contradicts the rules.
        """
        return replace(self, resolver=self.resolver.plugged(paths))

    def trusting(self, plugins: Mapping[str, str]) -> Workspace:
        """Returns the workspace of a process that works for a command; see `Resolver.trusted`."""
        return replace(self, resolver=replace(self.resolver, trusted=plugins))

    def cached(
        self, prefix: str, overrides: Sequence[str] = (), options: Mapping[str, Any] = MappingProxyType({})
    ) -> Config:
        """Returns the config of a cached experiment.

        Args:
            prefix: the beginning of its fingerprint.
            overrides: `Key=Value` words that replace its values.
            options: its options, which an entry does not store.

        Raises:
            UnknownNameError: there is no such experiment; CacheError: there are several, or its entry is damaged.
            ChangedDefaultError: its fingerprint is another one under the current rules.
            ForeignEntryError: it is a foreign network.
        """
        entry = self.store.find(prefix)
        document = entry.document()
        source = Source(f"experiment {entry.fingerprint}", is_written=False, is_record=True)
        if is_foreign(document["Active"]):
            raise ForeignEntryError(
                f"{entry.fingerprint[:12]} is the network {document.get('Title')}, which was not trained in this "
                "cache: it has no runs of its own, and other experiments refer to it."
            )
        try:
            resolver = self.resolver.plugged(options.get(PLUGINS, ()))
            config = recalled(resolver, record_of(document), source, overrides=overrides, options=options)
        except PluginError as problem:
            if overrides:
                raise
            return config_without_plugins(document, self.resolver.rules, str(problem))
        if config.fingerprint != entry.fingerprint and not overrides:
            check_defaults(entry.path, document, config)
            raise renamed(entry.path, config.fingerprint)
        return config


def renamed(path: Path, present: str) -> ChangedDefaultError:
    """Returns the error of an entry that has the name `present` under the current rules."""
    difference = f"the current rules name it {present}"
    remedy = "`main.py rehash` shows why, and gives it that name."
    return ChangedDefaultError(
        f"{path} was named under other rules; {difference}. {remedy}",
        fingerprint=path.name,
        difference=difference,
        ways_out=_WAYS_OUT,
    )


def record_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the part of an entry's Config.json from which the experiment is resolved: its values and plugins."""
    plugins = {PLUGINS: document[PLUGINS]} if document.get(PLUGINS) else {}
    return {key: value for key, value in document["Active"].items() if key != PLUGINS} | plugins


def folder_at(path: Path | str) -> Path:
    """Returns a folder of the command line as an absolute path; `~` is the home folder.

    Raises:
        ConfigError: it begins with `~NAME` and there is no user of this name.
    """
    found = path_of(str(path), Path.cwd())
    if str(path).startswith("~") and found == Path.cwd() / path and not files.exists(found):
        user = quoted(Path(path).parts[0])
        raise ConfigError(f"{quoted(str(path))}: {user} is the home of no user here. Write the folder's path in full.")
    return found


def _stored(store: Store, prefix: str) -> Mapping[str, Any]:
    document = store.find(prefix).document()
    place = {PLACE: document[PLACE]} if PLACE in document else {}
    return {**record_of(document), **place}
