"""A resolved config: the active keys of an experiment, which its fingerprint covers, and its options."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from Arch.config.foreign import ForeignNetwork
from Arch.config.identity import fingerprint_of
from Arch.config.json_text import describe
from Arch.config.names import field_name
from Arch.config.normalizing import is_published, normalization_versions
from Arch.config.rules.extension import Extension
from Arch.config.rules.rules import Relevance, Rules
from Arch.config.titles import title_of
from Arch.config.unread import NOTHING, Unread
from Arch.errors import ConfigError, InactiveKeyError, NotImplementedYetError, UnknownNameError
from Arch.types import SPLIT_WORDS

Component = TypeVar("Component")
FEW = 12  # a message lists at most so many names


@dataclass(frozen=True, eq=False)
class Config:
    """One experiment, whose keys are of three disjoint kinds: active, switched off, or options.

    The fingerprint is computed from the active keys whose values differ from their defaults. `config[key]` raises for a
    key that is switched off, so that the value of such a key cannot affect a result.

    Attributes:
        rules: the rules under which it was resolved.
        relevance: which keys are active, with their defaults, and which are switched off.
        named: the active values that differ from their defaults, from which the fingerprint is computed. The value of a
            reference is the fingerprint of the experiment or network that it refers to.
        options: the values of the options, such as `NumRuns` and `DataPath`; never part of the fingerprint.
        references: the experiments and foreign networks that it depends on, by key.
        given: the values that the config itself gives, in canonical form, by key; no defaults are added.
        folder: the folder against which its relative paths are resolved.
        notes: remarks for the user, one line each.
        obstacle: why its plugins are missing, so that it cannot run, else empty; `require_implemented` also checks the
            values.
        unread: the keys that its file or the command line gives and nothing reads.
    """

    rules: Rules
    relevance: Relevance
    named: Mapping[str, Any]
    options: Mapping[str, Any]
    references: Mapping[str, Config | ForeignNetwork]
    given: Mapping[str, Any]
    folder: Path
    notes: tuple[str, ...] = field(default=())
    obstacle: str = ""
    unread: Unread = field(default=NOTHING, repr=False)

    def __getitem__(self, key: str) -> Any:
        """Returns the value of an active key.

        Raises:
            InactiveKeyError: the key is switched off: its value is not part of the fingerprint and must have no effect.
            UnknownNameError: there is no such key, or it is an option.
        """
        if key in self.active:
            return self.active[key]
        if key in self.relevance.off:
            raise InactiveKeyError(key, f"it counts when {self.conditions_of(key)}")
        raise UnknownNameError("active key", key, self.active)

    def option(self, key: str) -> Any:
        """Returns the value of an option.

        Raises:
            UnknownNameError: there is no such option.
        """
        if key not in self.options:
            raise UnknownNameError("option", key, self.options)
        return self.options[key]

    def fill(self, component: type[Component], name: str) -> Component:
        """Creates a dataclass `component`, reading the value of each field from the active key of the same name.

        The field `widths` of a component called `MLP` is read from the key `MLPWidths` if there is one, else `Widths`.
        If that key is switched off, the field keeps its default; a `default_factory` is not used. Raises as `filled`.
        """
        return filled(component, name, self.rules, self.__getitem__)

    def resolve_path(self, text: str) -> Path:
        """Returns a path in this config, resolved against its `folder` unless absolute."""
        return path_of(text, self.folder)

    def data_paths(self) -> tuple[Path, ...]:
        """Returns the paths that `DataPath` may stand for; none if the data are those of the dataset's own folder."""
        text = self.options.get("DataPath", "")
        names = (text.replace("{split}", word) for word in SPLIT_WORDS) if text else ()
        return tuple(self.resolve_path(name) for name in dict.fromkeys(names))

    @property
    def off(self) -> Mapping[str, Any]:
        """The keys that are switched off, each with the value that the config gives, or None; for display only."""
        return {key: self.given.get(key) for key in self.relevance.off}

    def default_of(self, key: str) -> Any:
        """Returns the default of an active key; raises KeyError for another key."""
        return self.relevance.defaults[key]

    def conditions_of(self, key: str) -> str:
        """Returns the conditions under which a key is active, as text in the syntax of the rules file."""
        return " or ".join(each.when for each in self.rules.keys[key].declarations)

    @functools.cached_property
    def active(self) -> Mapping[str, Any]:
        """The active keys, with their values."""
        return {**self.relevance.defaults, **self.named}

    @functools.cached_property
    def fingerprint(self) -> str:
        """The experiment's identity and the name of its folder: 32 hexadecimal digits."""
        return fingerprint_of(self.named)

    @property
    def versions(self) -> Mapping[str, int | str]:
        """The version of each component and kind of reference that is used, and the digest of each plugin, by name."""
        bringing = [key for key, other in self.references.items() if self._brings_constants(other)]
        return self.rules.versions(self.active) | normalization_versions(self.rules, self.active, bringing)

    def _brings_constants(self, other: Config | ForeignNetwork) -> bool:
        """Returns whether a network may have normalisation constants that are not those of this dataset."""
        if isinstance(other, ForeignNetwork):
            return is_published(other.title)
        keys = self.rules.normalization_keys
        own, others = ({key: each.named[key] for key in keys & each.named.keys()} for each in (self, other))
        return own != others

    @property
    def title(self) -> str:
        """A short description for display, such as "resnet8 on Digits"; see `title_of`."""
        return title_of(self.active, self.references)

    @property
    def foreign(self) -> tuple[ForeignNetwork, ...]:
        """The foreign networks among its references, without those whose source is unknown."""
        others = self.references.values()
        return tuple(other for other in others if isinstance(other, ForeignNetwork) and other.source)

    def document(self) -> dict[str, Any]:
        """Returns the JSON object of the file `Config.json` in its cache entry."""
        references = {
            key: {"Fingerprint": other.fingerprint, "Title": other.title} for key, other in self.references.items()
        }
        plugins = {"Plugins": self.plugin_records} if self.rules.plugins else {}
        return {
            "Fingerprint": self.fingerprint,
            "Title": self.title,
            "Active": dict(self.active),
            "Defaults": dict(self.relevance.defaults),
            "References": references,
            **plugins,
        }

    @property
    def plugin_records(self) -> list[dict[str, str]]:
        """The plugins that it uses, as the JSON objects that its cache entry and its runs store."""
        return [each.code.document() for each in self.rules.plugins]

    @functools.cached_property
    def plugins(self) -> Mapping[str, Extension]:
        """The plugins that it and, recursively, its references use, by path."""
        others = [other.plugins for other in self.references.values() if isinstance(other, Config)]
        own = {each.code.path: each for each in self.rules.plugins}
        return {path: each for some in (*others, own) for path, each in some.items()}

    def require_implemented(self) -> None:
        """Checks that the experiment can run: its values are implemented, and its references are given and can run.

        Raises:
            NotImplementedYetError: its plugins are missing, a value is only planned, or a reference is missing or
                cannot be used; the message names the first problem.
        """
        if self.obstacle:
            raise NotImplementedYetError(f"{self.title} has an identity but cannot run: {self.obstacle}")
        for each in self.rules.plugins:
            if each.refusal:
                raise NotImplementedYetError(f"{self.title} has an identity but cannot run: {each.refusal}")
        for key in self.rules.planned:
            if key not in self.active:
                continue
            value, schema = self.active[key], self.rules.keys[key].schema
            why = schema.why_planned(value)
            if why is not None:
                choices = sorted(schema.choices) or [describe(self.default_of(key))]
                runs = (
                    ", ".join(choices) if len(choices) <= FEW else f"{len(choices)} others; `main.py names` lists them"
                )
                raise NotImplementedYetError(
                    f"{key} = {describe(value)} has an identity but cannot run yet: {why}. What runs: {runs}."
                )
        for key in self.rules.references.keys() & self.active.keys():
            self._require_usable(key)

    def _require_usable(self, key: str) -> None:
        other = self.references.get(key)
        if other is None:
            about = self.rules.keys[key].schema.about
            raise NotImplementedYetError(
                f"this experiment has an identity but cannot run yet: {key} has to be given. {about}"
            )
        if isinstance(other, Config):
            other.require_implemented()
        elif other.obstacle:
            raise NotImplementedYetError(
                f"the network {other.title!r} has an identity but cannot run yet: {other.obstacle.rstrip('.')}."
            )


def filled(component: type[Component], name: str, rules: Rules, value_of: Callable[[str], Any]) -> Component:
    """Creates a component called `name`, with `value_of(key)` for each dataclass field; see `Config.fill`.

    Raises:
        ConfigError: it is not a dataclass.
        InactiveKeyError: the key of a field without a default is switched off.
        UnknownNameError: a field has no active key of its name.
    """
    if not dataclasses.is_dataclass(component):
        raise ConfigError(f"{name} has to be a dataclass, whose fields are the keys of its stanza; got {component!r}.")
    prefix, keys = f"{field_name(name)}_", rules.key_by_field
    values: dict[str, Any] = {}
    for each in dataclasses.fields(component):
        try:
            values[each.name] = _frozen(value_of(keys.get(prefix + each.name) or keys.get(each.name) or each.name))
        except InactiveKeyError:
            if each.default is dataclasses.MISSING:
                raise
    return component(**values)


def path_of(text: str, folder: Path) -> Path:
    """Returns the path `text`, resolved against `folder` unless absolute; a leading `~` is the home folder."""
    return Path(folder, os.path.expanduser(text))  # noqa: PTH111 - Path.expanduser raises for an unknown `~user`


def _frozen(value: Any) -> Any:
    return tuple(_frozen(member) for member in value) if isinstance(value, list) else value
