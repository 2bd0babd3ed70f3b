"""Computes the fingerprint of one cached experiment under the current rules, with the reasons of a difference."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from Arch.config.config import Config
from Arch.config.foreign import NETWORK, ForeignNetwork, is_foreign
from Arch.config.json_text import Source
from Arch.config.names import PLUGINS
from Arch.config.records import recalled
from Arch.config.resolve import Resolver
from Arch.planning.selection import Document
from Arch.planning.workspace import record_of


@dataclass(frozen=True)
class Named:
    """An experiment under the current rules.

    Attributes:
        fingerprint: its fingerprint.
        document: the content of its Config.json.
        reasons: the reasons why the fingerprint differs from the present one, each a clause.
        pinned: those of the reasons that are changed defaults of keys which its config did not state.
    """

    fingerprint: str
    document: Document
    reasons: tuple[str, ...]
    pinned: tuple[str, ...]


@dataclass(frozen=True)
class Namer:
    """Names experiments under the current rules, from their Config.json alone.

    Attributes:
        resolver: resolves configs under the rules, without a cache, so that references stay fingerprints.
    """

    resolver: Resolver

    def named(self, name: str, document: Document, renamed: Mapping[str, str], known: Mapping[str, Document]) -> Named:
        """Returns an experiment under the current rules.

        Args:
            name: its present fingerprint.
            document: the content of its Config.json.
            renamed: the new fingerprints of the experiments that it was made from, by the present ones.
            known: the new content of their Config.json, by the new fingerprint.

        Raises:
            ConfigError: the current rules cannot read it; CorruptEntryError: its record of plugins is damaged.
        """
        if is_foreign(document["Active"]):  # its fingerprint is that of its source, which is independent of the rules
            return Named(name, document, (), ())
        references = document["References"]
        present = {key: str(other["Fingerprint"]) for key, other in references.items()}
        record = record_of(document) | {key: renamed.get(old, old) for key, old in present.items()}
        config = recalled(self.resolver, record, Source(f"experiment {name}", is_written=False, is_record=True))
        if config.fingerprint == name:
            return Named(name, document, (), ())
        pinned = tuple(_pinned(document, config))
        others = [
            f"its {key} is {renamed[old][:12]} now" for key, old in present.items() if renamed.get(old, old) != old
        ]
        reasons = (*others, *_dropped(document, config), *_now_default(document, config), *pinned)
        return Named(
            config.fingerprint,
            _document(config, document, known),
            reasons or ("the rules compute its fingerprint differently",),
            pinned,
        )


def _pinned(document: Document, config: Config) -> Sequence[str]:
    """Returns the changed defaults: to keep the old values, the config has to state them."""
    defaults, stored = document["Defaults"], document["Active"]
    return [
        f"{key} was {_shown(default)} by default, which is {_shown(config.default_of(now))} now"
        for key, default in defaults.items()
        if (now := config.rules.aliases.get(key, key)) in config.named
        and now not in config.references
        and stored.get(key) == default
    ]


def _now_default(document: Document, config: Config) -> Sequence[str]:
    return [
        f"{key} = {_shown(value)} is the default now"
        for key, value in _was_named(document).items()
        if key in config.active and key not in config.named
    ]


def _dropped(document: Document, config: Config) -> Sequence[str]:
    return [
        _fate(key, value, config)
        for key, value in _was_named(document).items()
        if key not in config.references and config.active.get(key) != value
    ]


def _was_named(document: Document) -> Mapping[str, Any]:
    defaults = document["Defaults"]
    return {key: value for key, value in document["Active"].items() if key not in defaults or value != defaults[key]}


def _fate(key: str, value: Any, config: Config) -> str:
    if key in config.active:
        return f"{key} = {_shown(value)} is written {_shown(config.active[key])} now"
    if key in config.rules.aliases:
        return f"{key} is called {config.rules.aliases[key]} now"
    if key in config.options:
        return f"{key} is an option now"
    return f"{key} is no longer active"


def _document(config: Config, old: Document, known: Mapping[str, Document]) -> Document:
    """Returns the new content of Config.json; keeps the titles of references that are no longer in the cache."""
    titles, references = {}, {}
    for key, other in config.references.items():
        new = known.get(other.fingerprint)
        before = old["References"].get(key, {}).get("Title", other.title)
        titles[key] = new.get("Title", "") if new else before
        model = str(new["Active"].get("Model") or new["Active"].get(NETWORK) or titles[key]) if new else other.title
        references[key] = ForeignNetwork(model, other.fingerprint)
    document = dataclasses.replace(config, references=references).document()
    if PLUGINS in document:  # those that it was made with, which their files may no longer be
        document[PLUGINS] = old[PLUGINS]
    for key, title in titles.items():
        document["References"][key]["Title"] = title
    if any(other.fingerprint not in known for other in config.references.values()):
        document["Title"] = old.get("Title", document["Title"])
    return document


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
