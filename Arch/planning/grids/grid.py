"""Makes a grid: a config for every combination of some keys' values over a template, each experiment once."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from Arch import files
from Arch.config import json_text
from Arch.config.config import Config
from Arch.config.json_text import Source
from Arch.config.resolve import Resolver
from Arch.config.rules.conditions import SUFFIX
from Arch.config.rules.rules import Rules
from Arch.errors import ConfigError
from Arch.escaping import printable
from Arch.planning.grids.axes import Axis, axis_of, fixed_axis, unrepeated
from Arch.planning.grids.names import name_files
from Arch.planning.grids.relocating import relocated

_MOST = 100_000


@dataclass(frozen=True)
class Variant:
    """One config of a grid.

    Attributes:
        words: its values, as `Key=Value,Other=Value`.
        fingerprint: the experiment's fingerprint.
        path: the file to write.
        text: the content of the file.
    """

    words: str
    fingerprint: str
    path: Path
    text: str


@dataclass(frozen=True)
class Grid:
    """The configs to write, and the combinations that are duplicates.

    Attributes:
        variants: one for each experiment.
        duplicates: the words of each omitted combination, with those of the variant of the same experiment.
        axes: the keys that vary, with their values.
        configs: the config of each combination, with its words.
    """

    variants: tuple[Variant, ...]
    duplicates: tuple[tuple[str, str], ...]
    axes: tuple[Axis, ...] = ()
    configs: tuple[tuple[Config, str], ...] = ()

    def missing(self) -> tuple[Variant, ...]:
        """Returns the configs whose files do not exist yet.

        Raises:
            ConfigError: a file with other content exists; DiskError: a file cannot be read.
        """
        found = {variant: _content(variant.path) for variant in self.variants}
        conflicts = [variant.path for variant, content in found.items() if content not in (None, variant.text.encode())]
        if conflicts:
            more = f" (and {len(conflicts) - 1} more)" if len(conflicts) > 1 else ""
            raise ConfigError(
                f"{conflicts[0]}{more} exists already with other content. Nothing was written: "
                "name another folder with --to, or remove the file."
            )
        return tuple(variant for variant, content in found.items() if content is None)


def make_grid(
    resolver: Resolver, template: Path, words: Sequence[str], folder: Path, overrides: Sequence[str] = ()
) -> Grid:
    """Makes the grid of the `words` over a template; writes nothing.

    Args:
        resolver: resolves the combinations under the rules, which decide whether two are one experiment.
        template: a config file.
        words: `Key=a,b,c`; commas inside brackets or quotes are part of a value.
        folder: the folder of the files, to which relative paths are rewritten.
        overrides: `Key=Value` words that change the template for all combinations.

    Raises:
        ConfigError: a word, the template or a combination is invalid.
    """
    raw, source = json_text.read_object(template)
    template_folder = template.absolute().parent
    rules = resolver.under(raw, template_folder, source, overrides).rules
    axes = unrepeated([axis_of(rules, word, template_folder) for word in words])
    for axis in unrepeated([fixed_axis(rules, word, template_folder) for word in overrides]):
        raw = _changed(rules, raw, axis.key, axis.values[0])
    if math.prod(len(axis.values) for axis in axes) > _MOST:
        raise ConfigError(f"the grid has more than {_MOST} combinations. Split it into several grids.")
    firsts: dict[str, tuple[str, dict[str, Any], tuple[int, ...]]] = {}
    duplicates: list[tuple[str, str]] = []
    configs: list[tuple[Config, str]] = []
    for indices in itertools.product(*(range(len(axis.values)) for axis in axes)):
        label = ",".join(axis.word(index) for axis, index in zip(axes, indices, strict=True))
        document = raw
        for axis, index in zip(axes, indices, strict=True):
            document = _changed(rules, document, axis.key, axis.values[index])
        source = Source(f"{printable(str(template))} with {printable(label)}")
        config = resolver.resolve(document, template_folder, source)
        configs.append((config, label))
        fingerprint = config.fingerprint
        if fingerprint in firsts:
            duplicates.append((label, firsts[fingerprint][0]))
        else:
            firsts[fingerprint] = label, relocated(rules, document, template_folder, folder), indices
    return Grid(_variants(axes, firsts, folder), tuple(duplicates), tuple(axes), tuple(configs))


def write(variants: Sequence[Variant]) -> None:
    """Writes configs; raises ConfigError where another process wrote a file in the meantime, and DiskError."""
    for folder in dict.fromkeys(variant.path.parent for variant in variants):
        files.make_folder(folder)
    for variant in variants:
        if not files.write_new(variant.path, variant.text) and _content(variant.path) != variant.text.encode():
            raise ConfigError(
                f"{variant.path} was written by another process in the meantime. Name another folder with --to."
            )


def _variants(
    axes: Sequence[Axis], firsts: Mapping[str, tuple[str, dict[str, Any], tuple[int, ...]]], folder: Path
) -> tuple[Variant, ...]:
    names = name_files(axes, {fingerprint: indices for fingerprint, (_, _, indices) in firsts.items()})
    return tuple(
        Variant(label, fingerprint, folder / names[fingerprint], files.json_text(document))
        for fingerprint, (label, document, _) in firsts.items()
    )


def _changed(rules: Rules, raw: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Returns the template with another value for a key, also where that has another spelling or is in a stanza."""
    document = _replaced(rules, raw, key, value)
    return document if document is not None else {**raw, key: value}


def _replaced(rules: Rules, raw: Mapping[str, Any], key: str, value: Any) -> dict[str, Any] | None:
    document, is_found = dict(raw), False
    for name, member in raw.items():
        inner = None
        if rules.aliases.get(name, name) == key:
            inner = value
        elif name.endswith(SUFFIX) and isinstance(member, Mapping):
            inner = _replaced(rules, member, key, value)
        if inner is not None:
            document[name], is_found = inner, True
    return document if is_found else None


def _content(path: Path) -> bytes | None:
    try:
        return files.read_bytes(path, files.MOST_OF_RUNS)
    except FileNotFoundError:
        return None
