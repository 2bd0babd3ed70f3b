"""The state of experiments: of those that configs request, and of those in a cache."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from Arch import files
from Arch.cache.attempts.attempt import State
from Arch.cache.entry import Entry
from Arch.cache.status import Status, status_of
from Arch.config.foreign import DIGEST, NETWORK, PLACE, WEIGHTS_DIGEST, is_foreign
from Arch.config.identity import fingerprint_of
from Arch.config.normalizing import is_published, normalization_versions
from Arch.config.plugins.records import rules_of
from Arch.config.rules.rules import Rules
from Arch.errors import CacheError, ChangedDefaultError, DiskError
from Arch.planning.plan import Step, make_plan
from Arch.planning.selection import Selection
from Arch.planning.words import configs
from Arch.planning.workspace import Workspace, renamed

UNKNOWN = "no readable Config.json"


@dataclass(frozen=True)
class Overview:
    """The state of one experiment.

    Attributes:
        entry: its folder, which may not exist.
        title: network, data and teacher in a few words.
        labels: the config files that request it.
        status: its runs and attempts in the cache.
        is_needed: whether it is requested only as a dependency of other experiments.
    """

    entry: Entry
    title: str
    labels: tuple[str, ...]
    status: Status
    is_needed: bool = False


@dataclass(frozen=True)
class Stored:
    """A cached experiment, read from its own `Config.json` and interpreted under the current rules.

    Attributes:
        fingerprint: its fingerprint under the current rules.
        active: the keys that are active under the current rules, with the experiment's values; a key that is not
            recorded, or is recorded with the default of that time, has the current default.
        defaults: the current defaults of these keys.
        versions: the current versions of the components that it uses.
        text: its parsed `Config.json`.
    """

    fingerprint: str
    active: Mapping[str, Any]
    defaults: Mapping[str, Any]
    versions: Mapping[str, int | str]
    text: Mapping[str, Any]

    @classmethod
    def of(cls, document: Mapping[str, Any], rules: Rules) -> Stored:
        """Interprets a parsed `Config.json`; resolves no references, since its fingerprint is computed from theirs."""
        then, rules = document["Defaults"], rules_of(document, rules)
        named = {key: value for key, value in document["Active"].items() if key not in then or value != then[key]}
        known = {key: value for key, value in named.items() if key in rules.keys}
        relevance = rules.relevance(known)
        active = {**relevance.defaults, **{key: value for key, value in known.items() if key in relevance.defaults}}
        # a value that has become the default since then is no longer part of the fingerprint
        differing = {
            key: value for key, value in named.items() if key not in active or value != relevance.defaults[key]
        }
        return cls(fingerprint_of(differing), active, relevance.defaults, _versions(document, active, rules), document)

    def default_of(self, key: str) -> Any:
        """Returns the default of an active key under the current rules."""
        return self.defaults[key]

    def document(self) -> Mapping[str, Any]:
        """Returns its parsed `Config.json`."""
        return self.text


def _versions(document: Mapping[str, Any], active: Mapping[str, Any], rules: Rules) -> dict[str, int | str]:
    titles = {
        key: other.get("Title", "") for key, other in document["References"].items() if isinstance(other, Mapping)
    }
    published = [key for key, title in titles.items() if isinstance(title, str) and is_published(title)]
    return rules.versions(active) | normalization_versions(rules, active, published)


def overviews(workspace: Workspace, words: Sequence[str], overrides: Sequence[str] = ()) -> list[Overview]:
    """Returns the state of the experiments that words select.

    Args:
        workspace: the cache and its rules.
        words: config files and folders of config files, which select the experiments that they request, cached or
            not, and the dependencies of the unfinished ones; fingerprint prefixes; `Key=Value` words. Without a file,
            folder or prefix, the experiments are selected from the whole cache.
        overrides: `Key=Value` words that replace values of the files.

    Raises:
        ArchError: a word names nothing, or a config is invalid.
    """
    selection = Selection.in_cache(workspace)
    parsed = selection.read(words)
    config_places = [place for place in parsed.places if place.prefix is None]
    cached = [place for place in parsed.places if place.prefix is not None]
    requested = configs(workspace, parsed.without(cached), overrides) if config_places else ()
    found = {step.config.fingerprint: _of_step(step, workspace) for step in make_plan(requested, workspace.store).steps}
    if cached or not config_places:
        for name in selection.select(parsed.without(config_places), overrides).fingerprints:
            if name not in found:
                found[name] = of_entry(Entry(workspace.store.root / name), workspace.resolver.rules)
    return list(found.values())


def _of_step(step: Step, workspace: Workspace) -> Overview:
    entry = workspace.store.entry(step.config)
    return Overview(entry, step.config.title, step.labels, step.status, is_needed=not step.labels)


def of_entry(entry: Entry, rules: Rules) -> Overview:
    """Returns the state of a cached experiment, read from its own folder alone; an unreadable one is corrupt."""
    title = UNKNOWN
    try:
        document = entry.document()
        title = str(document.get("Title", ""))
        if is_foreign(document["Active"]):
            return Overview(entry, title, (), _of_foreign(document))
        requested = Stored.of(document, rules)
        if requested.fingerprint != entry.fingerprint:
            raise renamed(entry.path, requested.fingerprint)
        status = _of_started(entry, requested, document)
    except (CacheError, DiskError) as problem:
        state = State.CHANGED if isinstance(problem, ChangedDefaultError) else State.CORRUPT
        return Overview(entry, title, (), Status(state, (), 0, problem=problem))
    return Overview(entry, title, (), status)


def _of_foreign(document: Mapping[str, Any]) -> Status:
    """Returns the status of a foreign network: DONE, or MISSING if its weights are not there.

    Those in a file are missing if the recorded path is not a file, published ones until they were loaded once.
    """
    place, active = document.get(PLACE), document["Active"]
    if "@" in str(active[NETWORK]) and DIGEST not in active and WEIGHTS_DIGEST not in document:
        problem = CacheError("its weights were not loaded yet: the first run that needs them does, if there are such.")
        return Status(State.MISSING, (), 0, problem=problem)
    if place is None or os.path.isfile(place):  # noqa: PTH113 - Path.is_file may raise PermissionError
        return Status(State.DONE, (), 0)
    problem = CacheError(
        f"its weights {place} are missing: experiments made from them stay valid; new runs need the file."
    )
    return Status(State.MISSING, (), 0, problem=problem)


def _of_started(entry: Entry, requested: Stored, document: Mapping[str, Any]) -> Status:
    """Returns the status for all runs up to the last finished or attempted one; for run 0 if there is none."""
    names = files.list_folder(entry.path)
    attempted_runs = entry.attempted_runs() if "Work" in names or "Claims" in names else ()
    status = status_of(entry, 1, requested, document)
    started = max((*status.runs, *attempted_runs), default=0) + 1
    return status if started == 1 else status_of(entry, started, requested, document)
