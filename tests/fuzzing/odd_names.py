"""Adds files and folders with unexpected names to a cache, and renames some."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from random import Random

from tests.fuzzing.documents import shown
from tests.fuzzing.odd_files import to_link, to_pipe
from tests.fuzzing.sandbox import Sandbox

_NUMBERS = (
    "999999999",
    "99999999999999999999",
    "-1",
    "0",
    "00",
    "0000",
    "1e3",
    "\u0663\u0663\u0663",
    "+01",
    "0x1",
    "001 ",
    "a",
)
_NAMES = (
    "\x1b[31mred", "a\nb", "\u202ekcab", "x" * 250, " ", "-rf", "--apply", "~", "$(id)", "nul", ".hidden", ".trash ",
    "KDTrainer", "F" * 32, "f" * 31, "0" * 32, "g" * 32, "\udcff\udcfe", "BaselineConfig.cjson.tmp", "Config.json",
    "*", "{split}", "\u00e9",
)  # fmt: skip
_STAMP = "20260131T120000123456"
_PLACES = (
    "..@..@canary@new",
    "..@canary",
    "@canary",
    "x@..@..@..@canary@new",
    ".",
    "..",
    "",
    "@",
    "a" * 200,
    "\x1b[31m",
    "Runs@000",
)


def add_odd_name(rng: Random, cache: Path, sandbox: Sandbox, kept: str) -> str:
    """Adds something with an odd name and says what."""
    entries = sorted(path for path in cache.iterdir() if path.is_dir() and len(path.name) == 32 and path.name != kept)
    entry = rng.choice(entries)
    return rng.choice((_numbered, _numbered, _entry, _item, _item, _many, _twin, _inside))(rng, cache, entry, sandbox)


def rename_oddly(rng: Random, path: Path, cache: Path, sandbox: Sandbox) -> str:
    """Renames a file, or puts a link in the place of the folder that holds it, and says so."""
    if rng.random() < 0.3 and path.parent != cache:
        return f"{path.parent.relative_to(cache)}/ is {to_link(rng, path.parent, sandbox)}"
    name = rng.choice((*_NAMES, *_NUMBERS, f"{path.name}~", path.name.swapcase(), f"{path.stem}.JSON"))
    path.rename(path.with_name(name[:200]))
    return f"{path.relative_to(cache)} is called {shown(name)}"


def _numbered(rng: Random, _: Path, entry: Path, sandbox: Sandbox) -> str:
    """Adds a run, a work folder or a claim with an odd number."""
    number = rng.choice((*_NUMBERS, *_NAMES))
    parent = rng.choice(("Claims", "Claims/000", "Claims/999999999", "Runs", "Work", "Outputs", "Runs/000"))
    target = entry / parent / (f"{number}.json" if rng.random() < 0.4 else number)
    return f"{parent}/{shown(_placed(rng, target, sandbox))} is added"


def _entry(rng: Random, cache: Path, entry: Path, sandbox: Sandbox) -> str:
    """Adds an entry with an odd name, which may be a copy of another one."""
    name = rng.choice(_NAMES)
    if not (cache / name).exists() and rng.random() < 0.5:
        shutil.copytree(entry, cache / name)
        return f"{shown(name)} is a copy of {entry.name}"
    return f"{shown(_placed(rng, cache / name, sandbox))} is added"


def _item(rng: Random, cache: Path, entry: Path, _: Sandbox) -> str:
    """Adds an item to the trash, whose name says where it came from."""
    stamp = rng.choice((_STAMP, "99999999T999999999999", "00000000T000000000000", _STAMP.replace("2", "\u0662"), "x"))
    place = rng.choice(
        (*_PLACES, entry.name.upper(), f"{entry.name}@Runs@999999999999", f"{'e' * 32}@Runs@-1", "e" * 32)
    )
    name = f"{stamp}.deadbeef.{place}"
    if rng.random() < 0.2:
        name = f".deleting-{name}"
    target = cache / ".trash" / name
    target.parent.mkdir(exist_ok=True)
    shutil.copytree(entry, target) if rng.random() < 0.6 else target.mkdir()
    return f".trash/{shown(name)} is added"


def _many(rng: Random, cache: Path, entry: Path, _: Sandbox) -> str:
    """Adds many folders."""
    parent, count = rng.choice(
        (("Claims", 3_000), ("Claims/000", 3_000), ("Runs", 1_000), ("Work", 1_000), (".", 1_000))
    )
    for number in range(count):
        name = f"{number:03d}" if parent != "." else f"{number:032x}"
        folder = cache if parent == "." else entry / parent
        (folder / name).mkdir(parents=True, exist_ok=True)
    return f"{count} empty folders in {parent}"


def _twin(rng: Random, cache: Path, entry: Path, _: Sandbox) -> str:
    """Copies an entry to another fingerprint."""
    name = rng.choice((entry.name[:8] + "0" * 24, "e" * 32))
    shutil.copytree(entry, cache / name, dirs_exist_ok=True)
    return f"{name} is a copy of {entry.name}"


def _inside(rng: Random, _: Path, entry: Path, sandbox: Sandbox) -> str:
    """Adds something to a folder of an entry."""
    parents = sorted(path for path in entry.rglob("*") if path.is_dir())
    parent = rng.choice(parents or [entry])
    return f"{shown(_placed(rng, parent / rng.choice(_NAMES), sandbox))} is added"


def _placed(rng: Random, target: Path, sandbox: Sandbox) -> str:
    """Makes a folder, file, pipe or link, unless its name exists; returns the name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not os.path.lexists(target):
        kind = rng.randrange(5)
        if kind <= 1:
            target.mkdir()
            if kind == 0:
                (target / "x.json").write_text("{}")
        else:
            target.write_text(rng.choice(("", "{}", "[]", "null")))
            if kind == 3:
                to_pipe(rng, target)
            if kind == 4:
                to_link(rng, target, sandbox)
    return target.name
