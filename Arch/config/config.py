"""A resolved config: only values that are part of its fingerprint, or options, can be read from it."""

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
from Arch.config.rules.extension import Extension
from Arch.config.rules.rules import Relevance, Rules
from Arch.config.titles import title_of
from Arch.errors import ConfigError, InactiveKeyError, NotImplementedYetError, UnknownNameError

Component = TypeVar("Component")
FEW = 12  # the most names that a message lists


@dataclass(frozen=True, eq=False)
class Config:
    """One experiment in three disjoint parts: active keys, options, and keys that are switched off.

    Only active keys are part of the fingerprint, and a key that is switched off cannot be read. So no value can change
    a result without changing the fingerprint.

    Attributes:
        rules: the rules under which it was resolved.
        relevance: which keys are active, and their defaults.
        named: the active values that differ from their defaults, from which the fingerprint is computed. The value of a
            reference is the fingerprint of what it refers to.
        options: how to run; never part of the fingerprint.
        references: the experiments that it depends on, by key.
        given: the canonical values that the config itself had, by key.
        folder: the folder to which its relative paths refer.
        notes: remarks for the user, one line each.
        obstacle: why it cannot run although it has a fingerprint; empty if only its values may prevent that.
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

    def __getitem__(self, key: str) -> Any:
        """Returns the value of an active key.

        Raises:
            InactiveKeyError: the key is switched off: its value is not part of the fingerprint and may not act.
            UnknownNameError: there is no such key.
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
        """Returns a component whose dataclass fields are the values of the active keys of the same name.

        The field `widths` of a component called `MLP` is the key `MLPWidths` or `Widths`.
        A field with a default keeps it where its key is switched off.
        """
        return filled(component, name, self.rules, self.__getitem__)

    def resolve_path(self, text: str) -> Path:
        """Returns a path of this config, relative to the folder of its file."""
        return path_of(text, self.folder)

    @property
    def off(self) -> Mapping[str, Any]:
        """The keys that are switched off, with what the config gave for them if anything."""
        return {key: self.given.get(key) for key in self.relevance.off}

    def default_of(self, key: str) -> Any:
        """Returns the default of an active key under the present rules."""
        return self.relevance.defaults[key]

    def conditions_of(self, key: str) -> str:
        """Returns the conditions under which a key is active, as the rules file has them."""
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
        """The version that the rules declare for each component that is used, by key."""
        return self.rules.versions(self.active)

    @property
    def title(self) -> str:
        """A few words for people, such as "resnet8 on Digits"; see `title_of`."""
        return title_of(self.active, self.references)

    @property
    def foreign(self) -> tuple[ForeignNetwork, ...]:
        """The foreign networks among its references whose sources are known."""
        others = self.references.values()
        return tuple(other for other in others if isinstance(other, ForeignNetwork) and other.source)

    def document(self) -> dict[str, Any]:
        """Returns the content of its entry's Config.json."""
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
        """The plugins that it uses, as its entry and its runs record them."""
        return [each.code.document() for each in self.rules.plugins]

    @functools.cached_property
    def plugins(self) -> Mapping[str, Extension]:
        """The plugins that it or its references use, by path."""
        others = [other.plugins for other in self.references.values() if isinstance(other, Config)]
        own = {each.code.path: each for each in self.rules.plugins}
        return {path: each for some in (*others, own) for path, each in some.items()}

    def require_implemented(self) -> None:
        """Checks that every active value is implemented.

        Raises:
            NotImplementedYetError: one is only planned; the message names the first.
        """
        if self.obstacle:
            raise NotImplementedYetError(f"{self.title} has an identity but cannot run: {self.obstacle}")
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
    """Returns a component called `name` whose dataclass fields are the values of keys, matched as in `Config.fill`.

    Raises:
        ConfigError: it is no dataclass.
        InactiveKeyError: the key of a field without a default is switched off.
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
    """Returns a path of a config, relative to the `folder` of the config's file; `~` is the home folder."""
    return Path(folder, os.path.expanduser(text))  # noqa: PTH111 - Path.expanduser raises if there is no such user


def _frozen(value: Any) -> Any:
    return tuple(_frozen(member) for member in value) if isinstance(value, list) else value
