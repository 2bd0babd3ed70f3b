"""The folders of one trial: the input, a canary that nothing may touch, and what stands for the user's home."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from tests.fuzzing.command import CANARY, HOME, INPUT

SECRET = "canary-3c1f"
"""A text in every file of the canary: where it appears, something was read there."""

_MARK = "ran"
_CONTENTS = {
    "secret.json": f'{{"Dataset": "{SECRET}"}}',
    "Config.json": f'{{"Active": {{"Dataset": "{SECRET}"}}}}',
    "Run.json": f'{{"Scores": {{"accuracy": 0.5}}, "Title": "{SECRET}"}}',
    "secret.txt": f"{SECRET}\n",
    "plugin.cjson": '{"::": {}}',
    "deep/secret.txt": f"{SECRET}\n",
}
_MOST_BYTES = 256 << 20


class Sandbox:
    """The folders of a trial; `renew` makes them anew."""

    def __init__(self, folder: Path) -> None:
        """Takes the path of the folder."""
        self.folder = folder.resolve()
        self.input, self.canary, self.home = (self.folder / name for name in (INPUT, CANARY, HOME))
        self.mark = self.folder / _MARK
        self._names: set[str] = set()
        self._before: dict[str, tuple[int, ...]] = {}

    def renew(self) -> None:
        """Removes what is there, and makes the three folders, the first one empty."""
        remove(self.folder)
        for folder in (self.input, self.canary / "deep", self.home / "tmp"):
            folder.mkdir(parents=True)
        for name, content in _CONTENTS.items():
            (self.canary / name).write_text(content)
        (self.canary / "plugin.py").write_text(f"# {SECRET}\nopen({str(self.mark)!r}, 'w').close()\n")
        self.remember()

    def remember(self) -> None:
        """Takes the present state as the sound one."""
        self._names, self._before = {path.name for path in self.folder.iterdir()}, _state(self.canary)

    def harm(self) -> list[str]:
        """Describes what has changed outside of the input since `remember`, and what is too large."""
        names = {path.name for path in self.folder.iterdir()}
        found = [f"appeared beside the input: {name}" for name in sorted(names - self._names)]
        after = _state(self.canary)
        changed = sorted(name for name in {*after, *self._before} if after.get(name) != self._before.get(name))
        found += [f"changed in the canary: {name}" for name in changed]
        size = sum(numbers[0] for numbers in _state(self.input, self.home).values())
        if size > _MOST_BYTES:
            found.append(f"{size >> 20} MB on the disk")
        return found


def remove(folder: Path) -> None:
    """Removes a folder whatever it holds, if it exists."""
    if folder.exists():
        shutil.rmtree(folder)


def _state(*folders: Path) -> dict[str, tuple[int, ...]]:
    """Returns the size on the disk and times of each file below folders."""
    found = {}
    for folder in folders:
        for parent, _, names in os.walk(folder):
            for name in names:
                path = f"{parent}/{name}"
                status = Path(path).lstat()
                size = status.st_blocks * 512 if stat.S_ISREG(status.st_mode) else 0
                found[path] = (size, status.st_size, status.st_mtime_ns, status.st_mode)
    return found
