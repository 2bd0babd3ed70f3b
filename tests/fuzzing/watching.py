"""Records what a program does outside of the paths that it may touch, by Python's audit events."""

from __future__ import annotations

import fnmatch
import os
import sys
from pathlib import Path

from tests.fuzzing.command import CANARY, HOME, INPUT

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# event: the positions of the changed paths and of the descriptors of the folders that they are relative to
_CHANGES = {
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
    "os.mkdir": ((0, 2),),
    "os.rename": ((0, 2), (1, 3)),
    "os.link": ((1, 3),),
    "os.symlink": ((1, 2),),
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.utime": ((0, 3),),
    "os.truncate": ((0, None),),
    "os.setxattr": ((0, None),),
    "os.removexattr": ((0, None),),
}
_LISTS = frozenset({"os.listdir", "os.scandir"})
_RUNS = frozenset({"os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn", "os.fork", "os.forkpty"})
_PROGRAMS = frozenset({"fc-list", "git", "nvidia-smi", "uname"})  # which describe the machine, its fonts and the code
_LOOPBACK = ("127.", "localhost", "::1")
_DEVICES = ("/dev/null", "/dev/tty", "/dev/shm/")
_MOST = 20


class Watch:
    """An audit hook; `events` describes what was not permitted.

    Code of C and Rust that opens files by itself causes no event: `Sandbox.harm` compares the folders afterwards.
    """

    def __init__(self, folder: Path, writes: tuple[str, ...], *, reads_canary: bool) -> None:
        """Takes the sandbox's folder and the patterns of the paths below `in` that may be changed."""
        self.events: list[str] = []
        self._folder = os.path.realpath(folder)
        self._writes, self._reads_canary = writes, reads_canary
        self._is_on = False

    def start(self) -> None:
        """Installs the hook, which stays until the process ends."""
        self._is_on = True
        sys.addaudithook(self._hear)

    def stop(self) -> None:
        """Ignores everything from now on."""
        self._is_on = False

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self._is_on:
            return
        if event == "open":
            self._opened(*arguments[:3])
        elif event in _CHANGES:
            for path, folder in _CHANGES[event]:
                parent = arguments[folder] if folder is not None and folder < len(arguments) else -1
                self._changed(event, arguments[path], parent)
        elif event in _LISTS:
            self._read(event, arguments[0] if arguments[0] is not None else ".")
        elif event == "exec":
            self._read("runs code of", getattr(arguments[0], "co_filename", ""))
        else:
            self._started(event, arguments)

    def _opened(self, path: object, mode: object, flags: object) -> None:
        if isinstance(flags, int) and flags & _WRITING:
            self._changed("opens for writing", path, -1, follows=True)
        else:
            self._read("reads", path)

    def _changed(self, event: str, path: object, parent: object, *, follows: bool = False) -> None:
        if isinstance(path, int):
            return
        place = _real(path, parent, follows=follows)
        if place.startswith(_DEVICES) or place.startswith((f"{self._folder}/{HOME}/", os.environ["MPLCONFIGDIR"])):
            return
        inside = f"{self._folder}/{INPUT}/"
        name = place.removeprefix(inside)
        if not place.startswith(inside) or not any(fnmatch.fnmatch(name, each) for each in self._writes):
            self._add(f"{event} {self._shown(place)}")

    def _read(self, event: str, path: object) -> None:
        if self._reads_canary or isinstance(path, int):
            return
        place = _real(path, -1, follows=True)
        if place.startswith(f"{self._folder}/{CANARY}"):
            self._add(f"{event} {self._shown(place)}")

    def _started(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "subprocess.Popen":
            words = arguments[1] if isinstance(arguments[1], list | tuple) else [arguments[0]]
            name = Path(os.fsdecode(words[0])).name if words else ""
            if name not in _PROGRAMS:
                self._add(f"starts {name}")
        elif event == "socket.connect":
            self._reached(arguments[1])
        elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
            self._reached(arguments[:1])
        elif event in _RUNS:
            self._add(f"{event} {str(arguments[:1])[:80]}")

    def _reached(self, address: object) -> None:
        host = address[0] if isinstance(address, tuple) and address else address
        if host is not None and not str(host).startswith(_LOOPBACK):
            self._add(f"reaches for the host {str(host)[:80]}")

    def _shown(self, place: str) -> str:
        return place.replace(self._folder, "SANDBOX")

    def _add(self, text: str) -> None:
        if len(self.events) < _MOST and text not in self.events:
            self.events.append(text)


def _real(path: object, parent: object, *, follows: bool) -> str:
    """Returns the absolute path without symbolic links; the last part's own link is followed only on request."""
    text = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
    if "\0" in text:
        return text
    if isinstance(parent, int) and parent >= 0 and not text.startswith("/"):
        text = f"{os.path.realpath(f'/proc/self/fd/{parent}')}/{text}"
    if follows:
        return os.path.realpath(text)
    above, name = os.path.split(text.rstrip("/"))
    return f"{os.path.realpath(above)}/{name}"
