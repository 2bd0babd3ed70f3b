"""Names for the files of a grid: short, safe everywhere, made of what varies, and the same each time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from Arch.planning.grids.axes import Axis

_LONGEST = 100  # characters without the ending; file systems take 255 bytes
_UNSAFE = re.compile(r"[^A-Za-z0-9._+=-]+")


def name_files(axes: Sequence[Axis], places: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """A file name for each experiment of a grid, such as `Temperature=2,Seed=1.json`.

    Args:
        axes: the keys and their values.
        places: for each fingerprint, which value of each axis it has.

    Returns:
        The name by fingerprint; two names differ also where capitals do not count.
    """
    varying = [number for number, axis in enumerate(axes) if len(axis.values) > 1] or range(len(axes))
    stems = {
        fingerprint: ",".join(f"{axes[number].key}={_shown(axes[number].texts[own[number]])}" for number in varying)
        for fingerprint, own in places.items()
    }
    uses = Counter(stem.casefold() for stem in stems.values())
    return {
        fingerprint: f"{_bounded(stem, fingerprint, is_shared=uses[stem.casefold()] > 1)}.json"
        for fingerprint, stem in stems.items()
    }


def _shown(text: str) -> str:
    """A value as typed, with nothing in it that a shell or a file system minds."""
    if text.endswith(".json"):
        text = text.rpartition("/")[2].removesuffix(".json")
    if text.startswith("["):
        text = text.replace("],[", "_").replace(",", "x").strip("[]")
    return _UNSAFE.sub("-", text).strip("-.") or "none"


def _bounded(stem: str, fingerprint: str, *, is_shared: bool) -> str:
    if len(stem) > _LONGEST:
        return f"{stem[: _LONGEST - 13]}-{fingerprint[:12]}"
    return f"{stem}-{fingerprint[:12]}" if is_shared else stem
