"""Reads the words of a command line that select experiments: files, folders, fingerprint prefixes and `Key=Value`."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from Arch.cache.entry import Entry
from Arch.config.config import Config
from Arch.config.matching import Condition
from Arch.config.plugins.records import rules_of
from Arch.config.rules.rules import Rules
from Arch.errors import ArchError, CacheError, ConfigError, DiskError, ForeignEntryError
from Arch.planning.places import Place, configs_at, is_cached
from Arch.planning.workspace import Workspace


@dataclass(frozen=True)
class Words:
    """Words that select experiments.

    Attributes:
        parts: what each word means, in the order in which they were typed. They select the experiments at the places,
            or in the whole cache if there is no place, that meet all conditions.
    """

    parts: tuple[Place | Condition, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        """The files, folders and cached experiments."""
        return tuple(part for part in self.parts if isinstance(part, Place))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The `Key=Value` words."""
        return tuple(part for part in self.parts if isinstance(part, Condition))

    def select(self, config: Config) -> bool:
        """Returns whether a config meets all conditions."""
        return all(condition.holds(config) for condition in self.conditions)

    def without(self, places: Sequence[Place]) -> Words:
        """Returns the words without some of the places."""
        return Words(tuple(part for part in self.parts if part not in places))

    def __str__(self) -> str:
        """The words as they were typed."""
        return " ".join(part.word for part in self.parts)


def read_words(workspace: Workspace, words: Sequence[str], is_experiment: Callable[[str], bool] | None = None) -> Words:
    """Reads the words of a command line.

    Args:
        workspace: the cache and its rules.
        words: config files, folders of them, fingerprint prefixes or folders of cached experiments, `Key=Value` words.
        is_experiment: whether there is an experiment of a fingerprint; by default, whether the cache has it.

    Raises:
        ArchError: a word is empty, or a `Key=Value` word has no such key, or a value that the key cannot have.
    """
    if not all(words):  # as a path, an empty word would be the working directory
        raise ConfigError("expected files, folders, fingerprint prefixes or Key=Value words, got an empty word.")
    is_known = is_experiment or functools.partial(is_cached, workspace)
    places = {
        word: Place.of(word, is_known)
        for word in words
        if "=" not in word or os.path.exists(word)  # noqa: PTH110 - pathlib takes seconds for ten thousand words
    }
    return Words(tuple(places.get(word) or _condition(workspace, word, places.values()) for word in words))


def configs(
    workspace: Workspace, words: Words | Sequence[str], overrides: Sequence[str] = ()
) -> Iterator[tuple[Config, str]]:
    """Yields the experiments that the words select, cached or not, each with a label: its file or fingerprint.

    Args:
        workspace: the cache and its rules.
        words: as for `read_words`; without a place, all cached experiments but foreign networks.
        overrides: `Key=Value` words that replace values of the files.

    Raises:
        ArchError: a word names nothing, or a config cannot be understood.
    """
    parsed = words if isinstance(words, Words) else read_words(workspace, words)
    for place in _places(workspace, parsed):
        try:
            for config, label in configs_at(workspace, place, overrides):
                if parsed.select(config):
                    yield config, label
        except ForeignEntryError:
            if parsed.places:
                raise
        except (CacheError, DiskError) as problem:
            if parsed.places:
                raise
            logging.getLogger(__name__).warning("left out: %s", problem)


def entries_with_runs(
    workspace: Workspace, words: Sequence[str], overrides: Sequence[str] = ()
) -> tuple[list[Entry], list[ArchError]]:
    """Returns the cached experiments with runs that the words select, each once, and why others cannot be read.

    A damaged or outdated entry is an error only if it is all that the words name; it must not hide the others.

    Raises:
        ArchError: as `configs`, or nothing that the words name can be used.
    """
    parsed = read_words(workspace, words)
    usable: dict[str, Entry] = {}
    unreadable: list[ArchError] = []
    for place in _places(workspace, parsed):
        try:
            for entry in _with_runs(workspace, place, parsed, overrides, unreadable):
                usable[entry.fingerprint] = entry
        except (CacheError, DiskError) as error:
            unreadable.append(error)
        except ArchError as error:
            if parsed.places:
                raise
            if not isinstance(error, ForeignEntryError):
                unreadable.append(error)
    if parsed.places and unreadable and not usable:
        raise unreadable[0]
    return list(usable.values()), unreadable


def _with_runs(
    workspace: Workspace, place: Place, parsed: Words, overrides: Sequence[str], unreadable: list[ArchError]
) -> Iterator[Entry]:
    """Yields the entries of a place that have runs, and collects the errors of those that cannot be read."""
    for config, _ in configs_at(workspace, place, overrides):
        entry = workspace.store.entry(config)
        try:
            is_usable = parsed.select(config) and entry.exists and _has_runs(entry, config)
        except (CacheError, DiskError) as problem:
            unreadable.append(problem)
            continue
        if is_usable:
            yield entry


def _has_runs(entry: Entry, config: Config) -> bool:
    entry.check(config)
    return entry.result().n > 0


def _places(workspace: Workspace, parsed: Words) -> Sequence[Place]:
    return parsed.places or [Place(entry.fingerprint, entry.fingerprint) for entry in workspace.store.entries()]


def _condition(workspace: Workspace, word: str, places: Iterable[Place]) -> Condition:
    """Reads a `Key=Value` word under the workspace's rules, else under those with a plugin that has the key."""
    try:
        return Condition.of(workspace.resolver.rules, word)
    except ArchError:
        for rules in _rules_with_plugins(workspace, places):
            with contextlib.suppress(ArchError):
                return Condition.of(rules, word)
        raise


def _rules_with_plugins(workspace: Workspace, places: Iterable[Place]) -> Iterator[Rules]:
    """Yields the rules with the plugins of the named and of the cached experiments that can be read."""
    for place in places:
        with contextlib.suppress(ArchError):
            yield from (config.rules for config, _ in configs_at(workspace, place, ()) if config.rules.plugins)
    for entry in workspace.store.entries():
        with contextlib.suppress(ArchError):
            rules = rules_of(entry.document(), workspace.resolver.rules)
            if rules.plugins:
                yield rules
