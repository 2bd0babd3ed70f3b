"""The experiments that words of a command line ask for and that have no finished run, and why."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from Arch.cache.attempts.attempt import State
from Arch.cache.entry import Entry
from Arch.config.config import Config
from Arch.errors import ArchError
from Arch.planning.places import Place, configs_at
from Arch.planning.words import Words, read_words
from Arch.planning.workspace import Workspace

_LONGEST = 160  # characters of an error's message


@dataclass(frozen=True)
class Asked:
    """An experiment that words ask for.

    Attributes:
        label: its config file; of a cached experiment the beginning of its fingerprint, and its title.
        config: the experiment.
        entry: its folder, which may not exist.
        is_named: whether a word names it, and not a folder or the whole cache.
        runs: how many runs its file asks for; 0 without a file, since the cache does not know it.
    """

    label: str
    config: Config
    entry: Entry
    is_named: bool
    runs: int

    def why_absent(self, done: str) -> str:
        """Returns why it is absent: `no run yet`, `failed: ...`, `running`, `corrupt`; read from its folder.

        Args:
            done: the reason for one whose runs are finished.
        """
        status = self.entry.status(max(self.runs, 1), self.config)
        if status.is_done:
            return done
        if status.state is State.MISSING:
            return "no run yet"
        return f"{status.state}: {_short(str(status.failure))}" if status.failure else str(status.state)


def asked_for(workspace: Workspace, words: Sequence[str], overrides: Sequence[str] = ()) -> list[Asked]:
    """Returns the experiments that files, folders and fingerprints among the words ask for, each once.

    Raises:
        ArchError: a word is invalid. A config that cannot be read is left to the caller, who reads it for its answer.
    """
    parsed = read_words(workspace, words)
    return _each_once(each for place in parsed.places for each in _at(workspace, place, parsed, overrides))


def absent(workspace: Workspace, words: Sequence[str], shown: Collection[str], asked: Sequence[Asked]) -> list[Asked]:
    """Returns the experiments that words ask for and an answer lacks.

    Args:
        workspace: the cache and its rules.
        words: as for `read_words`; without a place, the whole cache is asked for.
        shown: the fingerprints in the answer.
        asked: what `asked_for` returns for the words.

    Raises:
        ArchError: a word is invalid, or the cache cannot be read.
    """
    parsed = read_words(workspace, words)
    if parsed.places:
        return [each for each in asked if each.config.fingerprint not in shown]
    others = sorted(name for name in workspace.store.snapshot().names if name not in shown)
    return _each_once(each for name in others for each in _at(workspace, Place(name, name), parsed, (), is_named=False))


def _each_once(found: Iterator[Asked]) -> list[Asked]:
    by_name: dict[str, Asked] = {}
    for each in found:
        by_name.setdefault(each.config.fingerprint, each)
    return list(by_name.values())


def _at(
    workspace: Workspace, place: Place, parsed: Words, overrides: Sequence[str], *, is_named: bool = True
) -> Iterator[Asked]:
    """Yields the experiments at a place, as far as their configs can be read; foreign networks are no experiments."""
    is_cached = place.prefix is not None
    is_named = is_named and (is_cached or not os.path.isdir(place.word))  # noqa: PTH112 - as `Place.of`
    with contextlib.suppress(ArchError):
        for config, label in configs_at(workspace, place, overrides):
            if parsed.select(config):
                name = f"{label[:8]} ({config.title})" if is_cached else label
                runs = 0 if is_cached else config.option("NumRuns")
                yield Asked(name, config, workspace.store.entry(config), is_named, runs)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
