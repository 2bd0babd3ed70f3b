"""What one cached experiment would be called today, and why that is not what it is called."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from Arch.config.config import Config
from Arch.config.foreign import NETWORK, ForeignNetwork, is_foreign
from Arch.config.json_text import Source
from Arch.config.plugins.joining import as_asked
from Arch.config.resolve import Resolver
from Arch.planning.selection import Document


@dataclass(frozen=True)
class Named:
    """An experiment as today's rules name it.

    Attributes:
        fingerprint: the name.
        document: what its Config.json would say, were it begun today.
        reasons: why the name is another one, each a clause.
        pinned: among them those about defaults that changed under values which nobody gave.
    """

    fingerprint: str
    document: Document
    reasons: tuple[str, ...]
    pinned: tuple[str, ...]


@dataclass(frozen=True)
class Namer:
    """Names experiments under today's rules, from nothing but what their Config.json says.

    Attributes:
        resolver: the rules; without a cache, so that a reference is the fingerprint that it is.
        root: the cache folder.
    """

    resolver: Resolver
    root: Path

    def named(self, name: str, document: Document, renamed: Mapping[str, str], known: Mapping[str, Document]) -> Named:
        """An experiment as today's rules name it.

        Args:
            name: its present fingerprint.
            document: what its Config.json says.
            renamed: what the experiments that it was made from will be called.
            known: what the Config.json of each of these will say, by its name to be.

        Raises:
            ConfigError: today's rules cannot read it.
        """
        if is_foreign(document["Active"]):  # its name is its source's, which no rule changes
            return Named(name, document, (), ())
        references = document["References"]
        present = {key: str(other["Fingerprint"]) for key, other in references.items()}
        active = as_asked(document) | {key: renamed.get(old, old) for key, old in present.items()}
        config = self.resolver.resolve(active, self.root, Source(f"experiment {name}"))
        if config.fingerprint == name:
            return Named(name, document, (), ())
        pinned = tuple(_pinned(document, config))
        others = [
            f"its {key} is {renamed[old][:12]} now" for key, old in present.items() if renamed.get(old, old) != old
        ]
        reasons = (*others, *_dropped(document, config), *_named_no_more(document, config), *pinned)
        return Named(
            config.fingerprint,
            _document(config, document, known),
            reasons or ("the rules count its values otherwise",),
            pinned,
        )


def _pinned(document: Document, config: Config) -> Sequence[str]:
    """Values that nobody gave and that are no defaults any more: their old meaning has to be said to be kept."""
    defaults, stored = document["Defaults"], document["Active"]
    return [
        f"{key} was {_shown(default)} by default, which is {_shown(config.default_of(now))} now"
        for key, default in defaults.items()
        if (now := config.rules.aliases.get(key, key)) in config.named
        and now not in config.references
        and stored.get(key) == default
    ]


def _named_no_more(document: Document, config: Config) -> Sequence[str]:
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
        return f"{key} = {_shown(value)} is spelt {_shown(config.active[key])} now"
    if key in config.rules.aliases:
        return f"{key} is called {config.rules.aliases[key]} now"
    if key in config.options:
        return f"{key} is an option now"
    return f"{key} counts no more"


def _document(config: Config, old: Document, known: Mapping[str, Document]) -> Document:
    """What the new Config.json says; titles of what has left the cache are taken over."""
    titles, references = {}, {}
    for key, other in config.references.items():
        told = known.get(other.fingerprint)
        before = old["References"].get(key, {}).get("Title", other.title)
        titles[key] = str(told["Title"]) if told else str(before)
        model = (
            str(told["Active"].get("Model") or told["Active"].get(NETWORK) or told["Title"]) if told else other.title
        )
        references[key] = ForeignNetwork(model, other.fingerprint)
    document = dataclasses.replace(config, references=references).document()
    for key, title in titles.items():
        document["References"][key]["Title"] = title
    if any(other.fingerprint not in known for other in config.references.values()):
        document["Title"] = old.get("Title", document["Title"])
    return document


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
