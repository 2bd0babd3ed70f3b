"""Resolves references: a key such as `Teacher` becomes the experiment that it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from Arch.config.config import Config, path_of
from Arch.config.foreign import NETWORK, ForeignNetwork, ForeignSource, is_foreign, source_of
from Arch.config.identity import DIGITS, fingerprint_of
from Arch.config.json_text import Source, describe
from Arch.config.lookup import ConfigResolver
from Arch.config.names import PLUGINS
from Arch.config.records import recalled
from Arch.config.rules.declarations import ReferenceRule
from Arch.errors import ArchError, ConfigError, did_you_mean
from Arch.escaping import printable
from Arch.files.opening import open_file

_FINGERPRINT = re.compile(rf"[0-9a-f]{{8,{DIGITS}}}")
_FOREIGN = re.compile(r"(torchvision|timm)/.+")


@dataclass(frozen=True)
class References:
    """The references of one config that is being resolved.

    Attributes:
        resolver: resolves the configs that are referred to.
        given: the canonical values of the config.
        folder: the folder to which its relative paths refer.
        source: where the config came from, for error messages.
    """

    resolver: ConfigResolver
    given: Mapping[str, Any]
    folder: Path
    source: Source

    def of(self, active: Mapping[str, Any]) -> dict[str, Config | ForeignNetwork]:
        """Returns the experiments that the `active` reference keys name, by key.

        Raises:
            ConfigError: a reference cannot be resolved, or leads back to the config itself.
        """
        rules = self.resolver.rules.references
        return {
            key: self._resolved(key, self.given.get(key, active[key]), rule)
            for key, rule in rules.items()
            if key in active and self.given.get(key, active[key]) != ""
        }

    def _resolved(self, key: str, value: Any, rule: ReferenceRule) -> Config | ForeignNetwork:
        if isinstance(value, dict):
            return self._of_network(key, self.resolver.nested(value, self.folder, self.source.inside(key)), rule)
        try:
            found = self._find(value, rule)
        except ConfigError as problem:
            raise ConfigError(f"{self.source.at(key)}{key}: {problem}") from None
        return self._of_network(key, found, rule)

    def _of_network(self, key: str, found: Config | ForeignNetwork, rule: ReferenceRule) -> Config | ForeignNetwork:
        """Returns what a reference names; raises ConfigError if it is a study without a network of its own."""
        if isinstance(found, Config) and rule.model_key not in found.active:
            raise ConfigError(
                f"{self.source.at(key)}{key}: {found.title} trains no network. Name the experiment that trained one."
            )
        return found

    def _find(self, value: str, rule: ReferenceRule) -> Config | ForeignNetwork:
        if value.endswith(".json"):
            return self.resolver.load(path_of(value, self.folder))
        if _FOREIGN.fullmatch(value):
            name, _, weights = value.partition("@")
            if rule.needs_weights and not weights:
                raise ConfigError(f"{value} names no weights: write {name}@WEIGHTS.")
            return _foreign(ForeignSource(name, weights, seed=0 if weights else self.given.get("Seed", 0)))
        model = self.resolver.rules.keys[rule.model_key].schema
        name, at, path = value.partition("@")
        name = model.aliases.get(name, name)
        if model.knows(name):
            return self._file(name, path, rule) if at else self._same_but(name, rule)
        if _FINGERPRINT.fullmatch(value):
            return self._stored(value)
        raise ConfigError(
            f"expected a model's name, a config's path (ending in .json), an inline config or a fingerprint, "
            f"got {describe(value)}. {did_you_mean(name, model.known())}".rstrip()
        )

    def _same_but(self, model: str, rule: ReferenceRule) -> Config:
        """Returns the same config with all distillation off and another network."""
        given = {**self.given, **rule.resets, rule.model_key: model}
        for key in self.resolver.rules.references:
            given.pop(key, None)
        return self.resolver.derive(given, self.folder, self.source)

    def _stored(self, prefix: str) -> Config | ForeignNetwork:
        try:
            return self._found(prefix)
        except ArchError as problem:
            # A whole fingerprint needs no look-up: a student stays readable when its teacher is no longer in the cache.
            if len(prefix) == DIGITS:
                return ForeignNetwork(f"experiment {prefix[:8]}", prefix, str(problem))
            raise ConfigError(str(problem)) from None

    def _found(self, prefix: str) -> Config | ForeignNetwork:
        active = self.resolver.stored(prefix)
        config: Config | ForeignNetwork
        if is_foreign(active):
            config = _foreign(source_of(active, self._defaults_of(active)))
        else:
            source = Source(f"experiment {prefix}", is_written=False, is_record=True)
            config = self._recalled(active, source)
        if not config.fingerprint.startswith(prefix):
            raise ConfigError(
                f"experiment {prefix} was named under other rules; the current rules name it {config.fingerprint}."
            )
        return config

    def _recalled(self, record: Mapping[str, Any], source: Source) -> Config:
        """Returns a cached experiment, which cannot run if a plugin that is named is not the one that it records."""
        config = recalled(self.resolver, record, source)
        if PLUGINS not in record or not config.rules.plugins:
            return config
        from Arch.config.plugins.records import changed, recorded  # few experiments have plugins

        why = changed(config, recorded(record), self.resolver.trusted)
        return replace(config, obstacle=why) if why else config

    def _file(self, model: str, path: str, rule: ReferenceRule) -> ForeignNetwork:
        import hashlib  # few configs name a file of weights

        place = path_of(path, self.folder)
        try:
            with open_file(place) as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as problem:
            raise ConfigError(f"the weights {printable(str(place))} cannot be read: {problem.strerror}.") from None
        except ValueError:  # a path with a null character
            raise ConfigError(f"the weights {printable(str(place))}: no file can have this name.") from None
        defaults = self._parameters({**self.given, **rule.study, rule.model_key: model}, rule.model_key)
        parameters = {key: self.given.get(key, default) for key, default in defaults.items()}
        return _foreign(ForeignSource(model, "", place.absolute(), digest, 0, parameters, defaults))

    def _defaults_of(self, active: Mapping[str, Any]) -> Mapping[str, Any]:
        """Returns the present defaults of the keys that say how a cached foreign network is built."""
        model = str(active[NETWORK]).partition("@")[0]
        found: dict[str, Any] = {}
        for rule in self.resolver.rules.references.values():
            found |= self._parameters({**active, **rule.study, rule.model_key: model}, rule.model_key)
        return {key: default for key, default in found.items() if key in active}

    def _parameters(self, given: Mapping[str, Any], model_key: str) -> dict[str, Any]:
        """Returns the defaults of the active keys whose conditions depend on the network, directly or indirectly."""
        rules = self.resolver.rules
        known = {key for key in rules.keys if key not in rules.references}
        dependent = {model_key}
        for key, rule in rules.keys.items():  # in an order in which conditions only read keys that come before
            if rule.depends_on() & dependent and not rule.is_option:
                dependent.add(key)
        defaults = rules.relevance({key: value for key, value in given.items() if key in known}).defaults
        return {key: default for key, default in defaults.items() if key in dependent - {model_key}}


def _foreign(source: ForeignSource) -> ForeignNetwork:
    return ForeignNetwork(source.title, fingerprint_of(source.named), source=source)
