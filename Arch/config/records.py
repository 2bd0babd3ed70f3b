"""Resolves the record of a cached experiment. Another person may have written it, so it may not name files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from Arch.config.config import Config
from Arch.config.identity import DIGITS
from Arch.config.json_text import Source, describe
from Arch.config.lookup import ConfigResolver
from Arch.config.names import PLUGINS
from Arch.config.rules.conditions import SUFFIX
from Arch.config.rules.rules import Rules
from Arch.errors import ConfigError, PluginError

_HEX = frozenset("0123456789abcdef")


def recalled(
    resolver: ConfigResolver,
    record: Mapping[str, Any],
    source: Source,
    *,
    overrides: Sequence[str] = (),
    options: Mapping[str, Any] = MappingProxyType({}),
) -> Config:
    """Returns the config of a cached experiment from its record.

    The rules of the plugins that it records are joined to those of the resolver, but their Python may not run unless
    the resolver has the files, see `Extension.is_named`.

    Args:
        resolver: has the plugins that are named elsewhere.
        record: the active values, with the plugins that it records.
        source: the origin of the record, which says that it is one.
        overrides: `Key=Value` words that replace its values.
        options: its options, which a record does not have.

    Raises:
        ConfigError: the rules cannot read it; PluginError: because a plugin is missing or contradicts the rules.
        CorruptEntryError: its record of plugins is damaged.
    """
    raw = {key: value for key, value in record.items() if key not in resolver.rules.options}
    raw |= {key: value for key, value in options.items() if key != PLUGINS}
    if PLUGINS not in record:
        return resolver.resolve(raw, source=source, overrides=overrides)
    from Arch.config.plugins.records import recorded, sorted_by_name  # few experiments have plugins

    try:
        other = resolver.plugged(*sorted_by_name(recorded(record), resolver.rules, resolver.trusted))
        return other.resolve(raw, source=source, overrides=overrides)
    except PluginError as problem:
        try:  # the files of a record may be missing, forged, or not needed
            return resolver.resolve(raw, source=source, overrides=overrides)
        except ConfigError:
            raise problem from None


def require_record(rules: Rules, raw: Mapping[str, Any], source: Source) -> None:
    """Checks that a record names other experiments by their fingerprints alone, as every record does.

    A config may name a file, which may name code; a record may not. Stanzas, in which a reference could hide, are
    refused as well.

    Raises:
        ConfigError: it holds something else.
    """
    references, aliases = rules.references, rules.aliases
    for name, value in raw.items():
        if name.endswith(SUFFIX) and isinstance(value, Mapping):
            raise ConfigError(f"{source.at(name)}the record is damaged or was edited: it holds the stanza {name!r}.")
        if aliases.get(name, name) in references and value != "" and not is_whole_fingerprint(value):
            raise ConfigError(
                f"{source.at(name)}the record is damaged or was edited: expected {name} to be a fingerprint, "
                f"found {describe(value)}."
            )


def is_whole_fingerprint(value: object) -> bool:
    """Returns whether a value is the fingerprint of an experiment: 32 lower-case hexadecimal digits."""
    return isinstance(value, str) and len(value) == DIGITS and _HEX.issuperset(value)
