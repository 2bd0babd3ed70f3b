"""A grid: every combination of some keys' values over one template, each experiment once, as config files."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from Arch import files
from Arch.config import json_text
from Arch.config.json_text import Source
from Arch.config.resolve import Resolver
from Arch.config.rules.conditions import SUFFIX
from Arch.config.rules.rules import Rules
from Arch.errors import ConfigError
from Arch.planning.grids.axes import Axis, axis_of, fixed_axis, unrepeated
from Arch.planning.grids.names import name_files
from Arch.planning.grids.relocating import rehomed

_MOST = 100_000


@dataclass(frozen=True)
class Variant:
    """One config of a grid.

    Attributes:
        words: the values that make it, as `Key=Value,Other=Value`.
        fingerprint: the experiment's name.
        path: the file to be.
        text: what the file is to hold.
    """

    words: str
    fingerprint: str
    path: Path
    text: str


@dataclass(frozen=True)
class Grid:
    """The configs to write, and those that would be the same experiment.

    Attributes:
        variants: one for each experiment.
        duplicates: the words of a combination that is left out, and of the one that it equals.
    """

    variants: tuple[Variant, ...]
    duplicates: tuple[tuple[str, str], ...]

    def missing(self) -> tuple[Variant, ...]:
        """The configs whose files are not there yet.

        Raises:
            ConfigError: a file with another content is in the way; DiskError: one cannot be read.
        """
        found = {variant: _content(variant.path) for variant in self.variants}
        strangers = [variant.path for variant, content in found.items() if content not in (None, variant.text.encode())]
        if strangers:
            more = f" (and {len(strangers) - 1} more)" if len(strangers) > 1 else ""
            raise ConfigError(
                f"{strangers[0]}{more} is there already and says something else. Nothing was written: "
                "name another folder with --to, or remove the file."
            )
        return tuple(variant for variant, content in found.items() if content is None)


def make_grid(
    resolver: Resolver, template: Path, words: Sequence[str], folder: Path, overrides: Sequence[str] = ()
) -> Grid:
    """The grid of the `words` over a template; nothing is written.

    Args:
        resolver: the rules, which tell what is one experiment.
        template: a config file.
        words: `Key=a,b,c`; of a list in brackets or a text in quotes, commas are its own.
        folder: where the files are to be, so that relative paths lead there from here.
        overrides: `Key=Value` words that change the template for all of them.

    Raises:
        ConfigError: a word, the template or one of the combinations cannot be understood.
    """
    raw, source = json_text.read_object(template)
    home = template.absolute().parent
    rules = resolver.under(raw, home, source, overrides).rules
    axes = unrepeated([axis_of(rules, word, home) for word in words])
    for axis in unrepeated([fixed_axis(rules, word, home) for word in overrides]):
        raw = _changed(rules, raw, axis.key, axis.values[0])
    if math.prod(len(axis.values) for axis in axes) > _MOST:
        raise ConfigError(f"the grid has more than {_MOST} combinations. Write it in parts.")
    firsts: dict[str, tuple[str, dict[str, Any], tuple[int, ...]]] = {}
    duplicates: list[tuple[str, str]] = []
    for places in itertools.product(*(range(len(axis.values)) for axis in axes)):
        label = ",".join(axis.word(place) for axis, place in zip(axes, places, strict=True))
        document = raw
        for axis, place in zip(axes, places, strict=True):
            document = _changed(rules, document, axis.key, axis.values[place])
        source = Source(f"{json_text.printable(str(template))} with {json_text.printable(label)}")
        fingerprint = resolver.resolve(document, home, source).fingerprint
        if fingerprint in firsts:
            duplicates.append((label, firsts[fingerprint][0]))
        else:
            firsts[fingerprint] = label, rehomed(rules, document, home, folder), places
    return Grid(_variants(axes, firsts, folder), tuple(duplicates))


def write(variants: Sequence[Variant]) -> None:
    """Writes configs; raises ConfigError where a file has come in between, and DiskError."""
    for folder in dict.fromkeys(variant.path.parent for variant in variants):
        files.make_folder(folder)
    for variant in variants:
        if not files.write_new(variant.path, variant.text) and _content(variant.path) != variant.text.encode():
            raise ConfigError(f"{variant.path} was written by someone else meanwhile. Name another folder with --to.")


def _variants(
    axes: Sequence[Axis], firsts: Mapping[str, tuple[str, dict[str, Any], tuple[int, ...]]], folder: Path
) -> tuple[Variant, ...]:
    names = name_files(axes, {fingerprint: places for fingerprint, (_, _, places) in firsts.items()})
    return tuple(
        Variant(label, fingerprint, folder / names[fingerprint], files.json_text(document))
        for fingerprint, (label, document, _) in firsts.items()
    )


def _changed(rules: Rules, raw: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """The template with another value where it has the key, be it under another spelling or in a stanza."""
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
        return files.read_bytes(path)
    except FileNotFoundError:
        return None
