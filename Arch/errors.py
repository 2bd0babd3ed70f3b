"""The errors that users can cause; each message says what was expected, what was found and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from Arch.escaping import escaped

LONGEST_MESSAGE = 4000  # characters: whatever a message quotes, it has to fit on a screen
_LONGEST_QUOTE = 80


class ArchError(Exception):
    """Base class of all of them; the programs print its message without a traceback and exit with 2."""

    def __str__(self) -> str:
        """Returns the message, escaped, without the quotes of `KeyError` and the number of `OSError`.

        The middle of a message that is too long is left out.
        """
        return _fitted(escaped(str(self.args[0]))) if self.args else ""


def quoted(text: str) -> str:
    """Returns a name or a text of a user in quotes for a message, only its beginning if it is long."""
    return repr(text) if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 3]!r}..."


def _fitted(text: str) -> str:
    if len(text) <= LONGEST_MESSAGE:
        return text
    beginning, end = text[: LONGEST_MESSAGE // 2], text[-LONGEST_MESSAGE // 4 :]
    return f"{beginning} [... {len(text) - len(beginning) - len(end)} characters ...] {end}"


class UnknownNameError(ArchError, KeyError):
    """A requested name does not exist."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        """States the unknown `name` of a `kind`, the most similar known name and, if few, all known names."""
        self.kind, self.name, self.known = kind, name, tuple(known)
        parts = [f"no {kind} named {quoted(name)}.", did_you_mean(name, self.known)]
        if len(self.known) <= 12:
            parts.append(f"Known: {', '.join(self.known) or 'none'}.")
        super().__init__(" ".join(part for part in (*parts, hint) if part))


class ConfigError(ArchError, ValueError):
    """A config, or an override on the command line, does not agree with the rules."""


class ForeignEntryError(ConfigError):
    """A foreign network, of which the cache has no runs, is requested as an experiment."""


class RulesError(ArchError, ValueError):
    """The rules file contradicts itself or has a syntax error."""


class PluginError(ConfigError):
    """A plugin file is missing, is not a valid plugin, or raised an error."""


class InactiveKeyError(ArchError, LookupError):
    """A key was read that is inactive in this experiment."""

    def __init__(self, key: str, reason: str) -> None:
        """States the `key` and the condition that switched it off."""
        self.key = key
        super().__init__(f"{key} is switched off for this experiment ({reason}), so nothing may read it.")


class NotImplementedYetError(ArchError):
    """An active value is known to the rules but not implemented, so the experiment cannot run."""


class DiskError(ArchError, OSError):
    """The operating system refused to read or write a file or folder; `errno` and `strerror` say why."""


class CacheError(ArchError):
    """The content of the cache contradicts a request, or lacks what is requested."""


class ChangedDefaultError(CacheError):
    """An entry was made under another default, or named under other rules, than the present ones."""

    def __init__(self, message: str, *, fingerprint: str, difference: str, ways_out: str) -> None:
        """States the `message`, and keeps its parts for lists, which give the remedy once for many entries.

        Args:
            message: names the entry, the difference and the ways out.
            fingerprint: the entry.
            difference: the difference alone.
            ways_out: what to do about any number of such entries.
        """
        self.fingerprint, self.difference, self.ways_out = fingerprint, difference, ways_out
        super().__init__(message)


class CorruptEntryError(CacheError):
    """A file in an entry is damaged."""


class NotAFileError(CorruptEntryError, DiskError):
    """A folder, a named pipe, a socket or a device stands where a file is expected; it was not read."""


class RunDoneError(CacheError):
    """A run was to be made that is finished already."""


class RunHeldError(CacheError):
    """A run was to be made that a living process is making."""

    def __init__(self, message: str, claim: Any = None) -> None:
        """States the `message` and keeps the living process's `claim`."""
        self.claim = claim
        super().__init__(message)


class LeaseLostError(CacheError):
    """Another process has taken over a run, so that this process may not commit it."""


class StoppedError(ArchError):
    """A run was stopped on request; its state is in its checkpoint."""


class DataError(ArchError):
    """Data are missing, unreadable or other than expected."""

    def __init__(self, message: str, path: Path | None = None) -> None:
        """States the `message` and keeps the offending `path`."""
        self.path = path
        super().__init__(message)


class ShapeError(ArchError, ValueError):
    """The shapes of tensors do not agree."""


class ModelError(ArchError):
    """A network cannot be built, cut or loaded as requested."""


class NonFiniteWeightsError(ModelError):
    """Weights that were given to a network contain NaN or infinities."""


class TrainingError(ArchError):
    """A training cannot continue, or failed."""


class UnlikeNetworkError(TrainingError):
    """A run would be made from another network than the earlier runs of its experiment."""


class NonFiniteLossError(TrainingError):
    """The loss became infinite or not a number."""

    def __init__(self, epoch: int, run: int) -> None:
        """States the one-based `epoch` and the `run` in which it was noticed."""
        self.epoch, self.run = epoch, run
        super().__init__(
            f"the loss of run {run} was not finite in epoch {epoch}. Nothing of this run was kept. "
            "Lower the learning rate, clip the gradient (GradientClipping) or use Precision float32."
        )


def why(error: ArchError) -> str:
    """Returns why an experiment is refused, for lists: of a changed default the difference without the remedy."""
    return escaped(f"{error.difference}.") if isinstance(error, ChangedDefaultError) else str(error)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Returns `Did you mean 'X'?` for the most similar of the `known` names, or an empty text if none is similar.

    All names that differ from `name` only in case are listed, the one with more equal letters first.
    """
    import difflib  # only a mistake needs it

    if len(name) > _LONGEST_QUOTE:  # comparing takes time and memory with its length, and no known name is so long
        return ""
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
