"""Reads the arrays that runs keep beside their scores, with their axes and meanings; without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from Arch import files
from Arch.cache import layout
from Arch.cache.entry import Entry
from Arch.errors import CorruptEntryError
from Arch.types import ArrayInfo

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Array:
    """An array of a run.

    Attributes:
        values: as many axes as `info` names.
        info: its axes and meaning, and why values are missing (NaN) if some are.
    """

    values: npt.NDArray[np.generic]
    info: ArrayInfo


def arrays_of(entry: Entry, run: int) -> Mapping[str, Array]:
    """Returns the arrays of a finished run, by name; empty if it has none.

    Raises:
        CacheError: there is no such run.
        CorruptEntryError: the file of the arrays is missing or damaged, or lacks one that the run describes.
    """
    infos = entry.run(run).arrays
    if not infos:
        return {}
    from safetensors import SafetensorError  # numpy, for which a table of scores must not wait
    from safetensors.numpy import load_file

    path = entry.run_folder(run) / layout.ARRAYS
    try:
        files.require_file(path)
        values = load_file(path)
        return {name: Array(values[name], info) for name, info in infos.items()}
    except (OSError, SafetensorError, KeyError) as error:
        raise CorruptEntryError(
            f"{path} does not hold the arrays that the run describes ({error}). Restore it from a copy, or remove the "
            f"run ({layout.removal(entry.path, run)}) and give the same command again."
        ) from error
