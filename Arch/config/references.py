"""References: how a key such as `Teacher` becomes the experiment that it names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from Arch.config.config import Config, ForeignNetwork, canonical_json, fingerprint_of
from Arch.config.json_text import Source, describe
from Arch.config.rules import ReferenceRule
from Arch.errors import ArchError, ConfigError, did_you_mean

if TYPE_CHECKING:
    from Arch.config.resolve import Resolver

# Gives the active values and references' fingerprints of the cached experiment whose fingerprint starts so.
StoredLookup = Callable[[str], Mapping[str, Any]]

_FINGERPRINT = re.compile(r"[0-9a-f]{8,32}")
_FOREIGN = re.compile(r"(torchvision|timm)/.+")


def no_store(prefix: str) -> Mapping[str, Any]:
    """The look-up of a resolver without a cache: finds nothing.

    Raises:
        ConfigError: always.
    """
    raise ConfigError(f"the experiment {prefix} is asked for by its fingerprint, and there is no cache to find it in.")


@dataclass(frozen=True)
class References:
    """The references of one config that is being resolved."""

    resolver: Resolver
    given: Mapping[str, Any]
    folder: Path
    source: Source

    def of(self, active: Mapping[str, Any]) -> dict[str, Config | ForeignNetwork]:
        """The experiments that the active reference keys name.

        Raises:
            ConfigError: a reference leads nowhere, or in a circle.
        """
        rules = self.resolver.rules.references
        return {key: self._resolved(key, active[key], rule) for key, rule in rules.items() if key in active}

    def _resolved(self, key: str, value: Any, rule: ReferenceRule) -> Config | ForeignNetwork:
        try:
            return self._find(key, value, rule)
        except ConfigError as problem:
            at = self.source.at(key)
            raise ConfigError(str(problem) if str(problem).startswith(at) else f"{at}{key}: {problem}") from None

    def _find(self, key: str, value: Any, rule: ReferenceRule) -> Config | ForeignNetwork:
        if isinstance(value, Mapping):
            return self._inline(key, value)
        if value.endswith(".json"):
            return self.resolver.load(Path(self.folder, Path(value).expanduser()))
        model = self.resolver.rules.keys[rule.model_key].schema
        if _FOREIGN.fullmatch(value):
            return ForeignNetwork(value, fingerprint_of({"Network": value}))
        if "@" in value:
            return self._file(*value.split("@", 1))
        value = model.aliases.get(value, value)
        if model.knows(value):
            return self._same_but(value, rule)
        if _FINGERPRINT.fullmatch(value):
            return self._stored(value)
        known = (*model.choices, *model.planned)
        raise ConfigError(
            f"expected a model's name, a config's path (ending in .json), an inline config or a fingerprint, "
            f"got {describe(value)}. {did_you_mean(value, known)}".rstrip()
        )

    def _same_but(self, model: str, rule: ReferenceRule) -> Config:
        """This very config with all distillation off and another network."""
        raw = {name: value for name, value in self.given.items() if name not in self.resolver.rules.references}
        raw |= {**rule.resets, rule.model_key: model}
        return self.resolver.once(canonical_json([raw, str(self.folder)]), lambda: self._derived(raw))

    def _derived(self, raw: Mapping[str, Any]) -> Config:
        return self.resolver.resolve(raw, self.folder, Source(self.source.label))

    def _inline(self, key: str, value: Mapping[str, Any]) -> Config:
        try:
            return self.resolver.resolve(value, self.folder, Source(f"{self.source.label}'s {key}"))
        except RecursionError:
            raise ConfigError("too many experiments inside each other.") from None

    def _stored(self, prefix: str) -> Config:
        try:
            active = self.resolver.stored(prefix)
        except ConfigError:
            raise
        except ArchError as problem:
            raise ConfigError(str(problem)) from None
        config = self.resolver.resolve(active, self.folder, Source(f"experiment {prefix}"))
        if not config.fingerprint.startswith(prefix):
            raise ConfigError(
                f"experiment {prefix} was named under other rules; today it would be {config.fingerprint}."
            )
        return config

    def _file(self, model: str, path: str) -> ForeignNetwork:
        place = Path(self.folder, Path(path).expanduser())
        try:
            with place.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as problem:
            raise ConfigError(f"the weights {place} cannot be read: {problem.strerror}.") from None
        return ForeignNetwork(f"{model}@{place.name}", fingerprint_of({"Network": model, "Digest": digest}))
