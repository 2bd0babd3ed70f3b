"""Names the files of a grid by the varying values: short, valid on every file system, the same each time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from Arch.planning.grids.axes import Axis

_LONGEST = 100  # characters without the suffix; file systems allow 255 bytes
_UNSAFE = re.compile(r"[^A-Za-z0-9._+=-]+")


def name_files(axes: Sequence[Axis], indices: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """Returns a file name for each experiment of a grid, such as `Temperature=2,Seed=1.json`.

    Args:
        axes: the keys and their values.
        indices: the index of its value on each axis, by fingerprint.

    Returns:
        The name by fingerprint; no two names differ in case alone.
    """
    varying = [number for number, axis in enumerate(axes) if len(axis.values) > 1] or range(len(axes))
    stems = {
        fingerprint: ",".join(f"{axes[number].key}={_shown(axes[number].texts[own[number]])}" for number in varying)
        for fingerprint, own in indices.items()
    }
    uses = Counter(stem.casefold() for stem in stems.values())
    return {
        fingerprint: f"{_bounded(stem, fingerprint, is_shared=uses[stem.casefold()] > 1)}.json"
        for fingerprint, stem in stems.items()
    }


def _shown(text: str) -> str:
    """Returns a value as typed, without characters that are special to shells or file systems."""
    if text.endswith(".json"):
        text = text.rpartition("/")[2].removesuffix(".json")
    if text.startswith("["):
        text = text.replace("],[", "_").replace(",", "x").strip("[]")
    return _UNSAFE.sub("-", text).strip("-.") or "none"


def _bounded(stem: str, fingerprint: str, *, is_shared: bool) -> str:
    if len(stem) > _LONGEST:
        return f"{stem[: _LONGEST - 13]}-{fingerprint[:12]}"
    return f"{stem}-{fingerprint[:12]}" if is_shared else stem
