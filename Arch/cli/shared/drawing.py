"""Draws figures of cached experiments; experiments that cannot be drawn are left out and reported."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from Arch.cache.entry import Entry
from Arch.cli.shared.results import labels_of
from Arch.config.plugins.running import errors_named
from Arch.errors import ArchError, CacheError
from Arch.escaping import printable
from Arch.figures import UnsuitableError
from Arch.figures.text import boxes_note
from Arch.report.arrays import Array, arrays_of
from Arch.types import Result, Run

if TYPE_CHECKING:  # the writer loads matplotlib, which a program without a figure must not import
    from Arch.figures.writer import Drawing

_MOST_LINES = 20
NO_PLACES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class _Exhibit:
    """A cached experiment as a figure reads it; its epochs are loaded only by a figure that shows them."""

    label: str
    entry: Entry

    @property
    def result(self) -> Result:
        return self.entry.result()

    @property
    def runs(self) -> Sequence[Run]:
        return self.entry.runs()

    def arrays(self, run: int) -> Mapping[str, Array]:
        return arrays_of(self.entry, run)


def draw(
    names: Sequence[str],
    entries: Sequence[Entry],
    options: argparse.Namespace,
    *,
    stem: str = "",
    plugins: Sequence[str] = (),
    asked: int = 0,
    places: Mapping[str, str] = NO_PLACES,
) -> int:
    """Draws figures of cached entries, prints their paths, and says which figures and experiments were left out.

    Args:
        names: the figures.
        entries: the experiments; each figure shows those that have what it needs.
        options: the command line.
        stem: the beginning of the files' names.
        plugins: the plugin files, which errors in their code name.
        asked: how many experiments were asked for by name; a figure of fewer says so. 0: the whole cache.
        places: the config files that ask for experiments, by fingerprint.

    Returns:
        The exit code: 0 if a figure was drawn, 1 if another one or an experiment failed, 2 if none was drawn. The
        ArchError of a single figure is raised, unless its experiments are the reason.
    """
    from Arch.figures.writer import draw as draw_figure  # only if a figure is asked for

    exhibits = [_Exhibit(label, entry) for label, entry in zip(labels_of(entries), entries, strict=True)]
    undrawn, boxes, code = dict[str, Exception](), dict[str, None](), 0
    for name in names:
        try:
            with errors_named(plugins):
                drawing = draw_figure(name, exhibits, options.out, stem, asked=asked)
        except Exception as problem:  # noqa: BLE001 - raised below: the other figures come first
            undrawn[name] = problem
            continue
        boxes |= dict.fromkeys(drawing.boxes)
        code = max(code, _print_drawing(name, drawing, _with_files(drawing.left_out, exhibits, places), options))
    _print_boxes(boxes, options)
    return max(code, _print_undrawn(undrawn, options, is_any_drawn=len(undrawn) < len(names)))


def _with_files(
    left_out: Sequence[tuple[str, ArchError]], exhibits: Sequence[_Exhibit], places: Mapping[str, str]
) -> list[tuple[str, ArchError]]:
    """Adds the config file, where there is one, to the label of each experiment that was left out."""
    named = {each.label: places.get(each.entry.fingerprint) for each in exhibits}
    return [(f"{label} ({named[label]})" if named.get(label) else label, reason) for label, reason in left_out]


def _print_boxes(characters: Mapping[str, None], options: argparse.Namespace) -> None:
    """Says which characters no font has; they are drawn as boxes."""
    if characters and not options.quiet:
        print(f"note: {boxes_note(''.join(characters))}", file=sys.stderr)


def _print_drawing(
    name: str, drawing: Drawing, left_out: Sequence[tuple[str, ArchError]], options: argparse.Namespace
) -> int:
    """Prints the paths of a figure, and which experiments it does not show; returns 1 if one of them is damaged."""
    print("\n".join(printable(str(path)) for path in drawing.paths))
    damaged = [(label, reason) for label, reason in left_out if isinstance(reason, CacheError)]
    others = [] if options.quiet else [pair for pair in left_out if pair not in damaged]
    for word, pairs in (("error", damaged), ("note", others)):
        for label, reason in pairs[:_MOST_LINES]:
            print(f"{word}: {name} leaves out {label}: {reason}", file=sys.stderr)
        if len(pairs) > _MOST_LINES:
            print(f"{word}: {name} leaves out {len(pairs) - _MOST_LINES} more", file=sys.stderr)
    return 1 if damaged else 0


def _print_undrawn(undrawn: dict[str, Exception], options: argparse.Namespace, *, is_any_drawn: bool) -> int:
    """Says which figures are not drawn and returns the exit code; raises an error that is no ArchError."""
    code = 0
    for name, problem in sorted(undrawn.items(), key=lambda pair: not isinstance(pair[1], ArchError)):
        is_unsuitable = isinstance(problem, UnsuitableError)
        if not isinstance(problem, ArchError) or (len(undrawn) == 1 and not is_any_drawn and not is_unsuitable):
            raise problem
        is_harmless = is_unsuitable and is_any_drawn
        code = max(code, 0 if is_harmless else 1 if is_any_drawn else 2)
        if not (is_harmless and options.quiet):
            print(f"{'note' if is_harmless else 'error'}: {name} is not drawn: {problem}", file=sys.stderr)
    return code
