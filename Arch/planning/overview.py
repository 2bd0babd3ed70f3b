"""How experiments stand: those that configs ask for, and those that were begun in a cache."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from Arch import files
from Arch.cache.attempts.attempt import State
from Arch.cache.entry import Entry
from Arch.cache.status import Status, status_of
from Arch.config.config import fingerprint_of
from Arch.config.foreign import PLACE, is_foreign
from Arch.config.plugins.joining import rules_of
from Arch.config.rules.rules import Rules
from Arch.errors import CacheError, ChangedDefaultError
from Arch.planning.plan import Step, make_plan
from Arch.planning.selection import Selection
from Arch.planning.words import configs
from Arch.planning.workspace import Workspace

UNKNOWN = "no readable Config.json"


@dataclass(frozen=True)
class Overview:
    """How one experiment stands.

    Attributes:
        entry: its folder, which may not exist.
        title: what it is, in a few words.
        labels: the config files that ask for it.
        status: what the cache has of it.
        is_needed: whether nobody asks for it but what is made from it.
    """

    entry: Entry
    title: str
    labels: tuple[str, ...]
    status: Status
    is_needed: bool = False


@dataclass(frozen=True)
class Stored:
    """A cached experiment as its own `Config.json` describes it, under today's rules: what it would be asked for as.

    Attributes:
        fingerprint: its name today.
        active: the keys that matter today, with its values; those that it was named without at today's defaults.
        defaults: today's.
        versions: today's, of the components that it uses.
        text: its `Config.json`.
    """

    fingerprint: str
    active: Mapping[str, Any]
    defaults: Mapping[str, Any]
    versions: Mapping[str, int | str]
    text: Mapping[str, Any]

    @classmethod
    def of(cls, document: Mapping[str, Any], rules: Rules) -> Stored:
        """What a `Config.json` describes; no reference is followed, since an experiment's name holds theirs."""
        then, rules = document["Defaults"], rules_of(document, rules)
        named = {key: value for key, value in document["Active"].items() if key not in then or value != then[key]}
        known = {key: value for key, value in named.items() if key in rules.keys}
        relevance = rules.relevance(known)
        active = {**relevance.defaults, **{key: value for key, value in known.items() if key in relevance.defaults}}
        # a value that has become the default meanwhile is no part of the name any more
        today = {key: value for key, value in named.items() if key not in active or value != relevance.defaults[key]}
        return cls(fingerprint_of(today), active, relevance.defaults, rules.versions(active), document)

    def default_of(self, key: str) -> Any:
        """The default of an active key under today's rules."""
        return self.defaults[key]

    def document(self) -> Mapping[str, Any]:
        """Its `Config.json`."""
        return self.text


def overviews(workspace: Workspace, words: Sequence[str], overrides: Sequence[str] = ()) -> list[Overview]:
    """How the experiments stand that the words select.

    Args:
        workspace: the cache and its rules.
        words: config files and folders of them, of which all experiments are meant, cached or not, and what those
            that are not done are made from; fingerprint prefixes, and `Key=Value` words; without any of the former,
            all that was ever begun in the cache.
        overrides: `Key=Value` words that change what the files say.

    Raises:
        ArchError: a word leads nowhere, or a config cannot be understood.
    """
    selection = Selection.in_cache(workspace)
    meant = selection.read(words)
    files_or_folders = [place for place in meant.places if place.prefix is None]
    cached = [place for place in meant.places if place.prefix is not None]
    asked = configs(workspace, meant.without(cached), overrides) if files_or_folders else ()
    found = {step.config.fingerprint: _of_step(step, workspace) for step in make_plan(asked, workspace.store).steps}
    if cached or not files_or_folders:
        for name in selection.select(meant.without(files_or_folders), overrides).fingerprints:
            if name not in found:
                found[name] = of_entry(Entry(workspace.store.root / name), workspace.resolver.rules)
    return list(found.values())


def _of_step(step: Step, workspace: Workspace) -> Overview:
    entry = workspace.store.entry(step.config)
    return Overview(entry, step.config.title, step.labels, step.status, is_needed=not step.labels)


def of_entry(entry: Entry, rules: Rules) -> Overview:
    """How a cached experiment stands, as far as its own folder tells; one that cannot be read is corrupt."""
    try:
        document = entry.document()
        if is_foreign(document["Active"]):
            return Overview(entry, str(document.get("Title", "")), (), _of_foreign(document))
        asked = Stored.of(document, rules)
        if asked.fingerprint != entry.fingerprint:
            raise ChangedDefaultError(
                f"{entry.path} was named under other rules than today's, which would name it {asked.fingerprint}. "
                "`main.py rehash` shows why, and gives it that name."
            )
        status = _of_begun(entry, asked, document)
    except CacheError as problem:
        state = State.CHANGED if isinstance(problem, ChangedDefaultError) else State.CORRUPT
        return Overview(entry, UNKNOWN, (), Status(state, (), 0, problem=problem))
    return Overview(entry, str(document.get("Title", "")), (), status)


def _of_foreign(document: Mapping[str, Any]) -> Status:
    """The status of a network from elsewhere: its entry has all that it will ever have, but its weights lie outside."""
    place = document.get(PLACE)
    if place is None or os.path.isfile(place):  # noqa: PTH113 - Path.is_file raises where it may not look
        return Status(State.DONE, (), 0)
    problem = CacheError(f"its weights {place} are gone; what learned from them stays, and nothing new can.")
    return Status(State.MISSING, (), 0, problem=problem)


def _of_begun(entry: Entry, asked: Stored, document: Mapping[str, Any]) -> Status:
    """The status that counts as wanted every run that was ever begun, and all before it; at least one."""
    names = files.list_folder(entry.path)
    traces = entry.traces() if "Work" in names or "Claims" in names else ()
    status = status_of(entry, 1, asked, document)
    started = max((*status.runs, *traces), default=0) + 1
    return status if started == 1 else status_of(entry, started, asked, document)
