"""Every error a user can cause, each a sentence that says what was expected, what came and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any


class ArchError(Exception):
    """Root of the family; the programs print its message without a traceback and exit with 2."""


class UnknownNameError(ArchError, KeyError):
    """A name was asked for that nothing carries."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        """States the unknown `name` of a `kind`, the nearest known one and, if few, all of them."""
        self.kind, self.name, self.known = kind, name, tuple(known)
        parts = [f"no {kind} named {name!r}.", did_you_mean(name, self.known)]
        if len(self.known) <= 12:
            parts.append(f"Known: {', '.join(self.known) or 'none'}.")
        super().__init__(" ".join(part for part in (*parts, hint) if part))

    def __str__(self) -> str:
        """The sentence itself; `KeyError` would show it quoted."""
        return str(self.args[0])


class ConfigError(ArchError, ValueError):
    """A config, or an override on the command line, does not say what the rules can read."""


class ForeignEntryError(ConfigError):
    """A network from elsewhere, which the cache only names, is asked for as an experiment."""


class RulesError(ArchError, ValueError):
    """The rules file contradicts itself or its grammar."""


class PluginError(ConfigError):
    """A file of the user's own is gone, is not what a plugin has to be, or went wrong."""


class InactiveKeyError(ArchError, LookupError):
    """A key was read that the rules have switched off for this experiment."""

    def __init__(self, key: str, reason: str) -> None:
        """States the `key` and the condition that switched it off."""
        self.key = key
        super().__init__(f"{key} is switched off for this experiment ({reason}), so nothing may read it.")


class NotImplementedYetError(ArchError):
    """An active value is known to the rules but nothing implements it, so the experiment cannot run."""


class DiskError(ArchError, OSError):
    """The operating system refused to read or write a file or folder; `errno` and `strerror` say why."""

    def __str__(self) -> str:
        """The sentence itself, without an errno in front."""
        return str(self.args[0])


class CacheError(ArchError):
    """The cache holds something that contradicts what is asked of it."""


class ChangedDefaultError(CacheError):
    """An entry was made under another default than the rules have now."""


class CorruptEntryError(CacheError):
    """A file in an entry is not what was once written there."""


class RunDoneError(CacheError):
    """A run was to be made that is there already."""


class RunHeldError(CacheError):
    """A run was to be made that a living process is making."""

    def __init__(self, message: str, claim: Any = None) -> None:
        """States the `message` and keeps the living process's `claim`."""
        self.claim = claim
        super().__init__(message)


class LeaseLostError(CacheError):
    """Another process has taken over a run, so that nothing of it may be committed here."""


class StoppedError(ArchError):
    """A run was left on request; what it had learned is in its checkpoint."""


class DataError(ArchError):
    """Data are missing, unreadable or not what their name promised."""

    def __init__(self, message: str, path: Path | None = None) -> None:
        """States the `message` and keeps the offending `path`."""
        self.path = path
        super().__init__(message)


class ShapeError(ArchError, ValueError):
    """Tensors that have to agree in shape do not."""


class ModelError(ArchError):
    """A network cannot be built, cut or loaded as asked."""


class TrainingError(ArchError):
    """A training cannot go on, or went wrong."""


class NonFiniteLossError(TrainingError):
    """The loss became infinite or not a number."""

    def __init__(self, epoch: int, run: int) -> None:
        """States the one-based `epoch` and the `run` in which it was noticed."""
        self.epoch, self.run = epoch, run
        super().__init__(
            f"the loss of run {run} was not finite in epoch {epoch}. Nothing of this run was kept. "
            "Lower the learning rate, clip the gradient (GradientClipping) or use Precision float32."
        )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`Did you mean 'X'?` for the nearest of the `known` names, or an empty string when none is near.

    Of names that differ from `name` in case alone all are told, the one with more letters alike first.
    """
    import difflib  # only a mistake needs it

    folded: dict[str, list[str]] = {}
    for other in known:
        folded.setdefault(other.casefold(), []).append(other)
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    if not near:
        return ""
    alike = difflib.get_close_matches(name, folded[near[0]], n=len(folded[near[0]]), cutoff=0.0)
    if near[0] != name.casefold():
        return f"Did you mean {alike[0]!r}?"
    return f"Did you mean {' or '.join(map(repr, alike))} (names are case-sensitive)?"
