"""The verbs that are tried on a cache in which one record was changed."""

from __future__ import annotations

from random import Random

from tests.fuzzing.command import Command
from tests.golden.copies import fingerprint_of

WHERE = ("--cache", "cache", "--data", "data")
DEVICE = (*WHERE, "--device", "cpu", "--threads", "1")
KEPT = fingerprint_of("plain")
"""The experiment that no change touches, and that no other may hide."""

_TAUGHT, _TEACHER, _IN_HAND = (fingerprint_of(name) for name in ("taught", "teacher", "in_hand"))
_DERIVED, _ANYTHING = ("cache/*/*Result.json*",), ("cache", "cache/*")
_SHOWS = (("ls", "--json"), ("show", "--json"), ("status", "--json"), ("export",))
_LOOKS = (
    ("ls",), ("show",), ("status",), ("show", "ONE"), ("export", "--epochs"), ("export", "ONE"), ("doctor",),
    ("explain", "ONE"), ("tail", "ONE"), ("diff", "ONE", KEPT), ("plan", "configs"), ("status", "configs"),
    ("rm", "ONE"), ("rm", "--corrupt"), ("rm", "--restore"), ("prune", "--orphans"), ("prune", "--failed"),
    ("prune", "--older", "1d"), ("rehash",), ("rehash", "--undo"), ("rehash", "--pin-old"), ("verify", "ONE", "--json"),
)  # fmt: skip
_APPLIED = (
    ("rm", "--corrupt"), ("rm", "--restore", "Trainer=Evaluation"), ("rm", "--restore", "ONE"), ("rm", "ONE"),
    ("rm", "--forget"), ("prune", "--orphans"), ("prune", "--failed"), ("rehash",), ("rehash", "--undo"),
)  # fmt: skip
_FIGURES = ("training-curves", "accuracy-bars", "ONE", KEPT, "--out", "figures")


def verbs_for(rng: Random, name: str) -> list[Command]:
    """Returns the verbs to try when the file `name` of the cache was changed; `name` is empty if several were.

    The kept experiment has to be shown before and after, and `verify` has to find a change of a finished run. Of the
    other verbs that look, and of those that change the cache, some are chosen; figures and trainings, which are slow,
    seldom.
    """
    entry = name.partition("/")[0]
    one = entry if len(entry) == len(KEPT) else _TAUGHT
    shows = [Command((*words, *WHERE), writes=_DERIVED, shows=(KEPT,)) for words in _SHOWS]
    is_of_run = name.partition("/")[2].startswith("Runs/") and not name.endswith("manifest.json") and entry[0] != "."
    verified = Command(("verify", *WHERE), writes=_DERIVED, must_fail=is_of_run)
    looks = [Command((*_about(words, one), *WHERE), writes=_DERIVED) for words in rng.sample(_LOOKS, 7)]
    applied = [Command((*_about(words, one), "--apply", *WHERE), writes=_ANYTHING) for words in rng.sample(_APPLIED, 3)]
    drawn = Command((*_about(_FIGURES, one), *WHERE), "plotfigs", writes=(*_DERIVED, "figures", "figures/*"))
    slow = [drawn] * (rng.random() < 0.1) + _with_torch(name) * (rng.random() < 0.2)
    return [*shows, verified, *looks, *slow, *applied, shows[0]]


def _about(words: tuple[str, ...], one: str) -> tuple[str, ...]:
    return tuple(one if word == "ONE" else word for word in words)


def _with_torch(name: str) -> list[Command]:
    """Returns what resumes from a checkpoint, measures weights, or learns from them."""
    lines: list[tuple[str, ...]] = []
    if name.startswith(_IN_HAND):
        lines.append(("-c", "configs/in_hand.json"))
    elif name.startswith(_TEACHER):
        lines += [("-c", "configs/taught.json", "--set", "NumRuns=3"), ("evaluate", _TEACHER)]
    elif name.startswith(_TAUGHT):
        lines.append(("-c", "configs/taught.json", "--set", "NumRuns=3"))
    return [Command((*line, *DEVICE), uses_torch=True, writes=_ANYTHING) for line in lines]
