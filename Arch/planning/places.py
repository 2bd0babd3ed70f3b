"""Determines what a word of a command line names: a config file, a folder of config files, or a cached experiment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from Arch import files
from Arch.cache.layout import is_fingerprint
from Arch.config.config import Config
from Arch.planning.config_files import config_names
from Arch.planning.workspace import Workspace


@dataclass(frozen=True)
class Place:
    """A config file, folder or cached experiment that a word of the command line names.

    Attributes:
        word: the word as it was typed.
        prefix: how the fingerprint of a cached experiment begins, or None if the word names config files.
    """

    word: str
    prefix: str | None = None

    @classmethod
    def of(cls, word: str, is_experiment: Callable[[str], bool]) -> Place:
        """Returns what a word names.

        Args:
            word: a file, a folder or the beginning of a fingerprint.
            is_experiment: whether a fingerprint is that of a cached experiment: then a folder of this name stands for
                the experiment and not for a folder of config files.
        """
        if os.path.isdir(word):  # noqa: PTH112 - pathlib takes seconds for ten thousand words
            name = os.path.basename(os.path.normpath(word))  # noqa: PTH119
            return cls(word, name if is_experiment(name) else None)
        is_file = word.endswith(".json") or os.path.isfile(word)  # noqa: PTH113 - as above
        return cls(word, None if is_file else word)

    def files(self) -> Sequence[str]:
        """Returns the config files, sorted; raises ConfigError where a folder has none or cannot be read."""
        return config_names(self.word) if os.path.isdir(self.word) else [self.word]  # noqa: PTH112 - as above


def is_cached(workspace: Workspace, name: str) -> bool:
    """Returns whether the cache has a folder of this name for an experiment."""
    return is_fingerprint(name) and files.exists(workspace.store.root / name)


def configs_at(workspace: Workspace, place: Place, overrides: Sequence[str]) -> Iterator[tuple[Config, str]]:
    """Yields the configs that a word names, each with a label: its file, or its fingerprint in the cache.

    Raises:
        ArchError: there is no such file or experiment, or a config cannot be understood.
    """
    if place.prefix is not None:
        config = workspace.cached(place.prefix, overrides)
        yield config, workspace.store.find(place.prefix).fingerprint if overrides else config.fingerprint
        return
    for path in place.files():
        yield workspace.resolver.load(path, overrides), path
