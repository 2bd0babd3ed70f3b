"""Names for things that contributors add: a file that registers itself is all there is to an addition."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from Arch.errors import UnknownNameError

T = TypeVar("T")


@dataclass(frozen=True)
class _Registered(Generic[T]):
    thing: T
    about: str


class Registry(Generic[T]):
    """The things of one kind in one room, by name.

    The room's public modules are imported on the first look-up, so that a file is its own registration and
    that a room costs nothing before something of it is wanted.
    """

    def __init__(self, kind: str, room: str) -> None:
        """Takes the `kind` of thing, as error messages call it, and the `room`'s package name."""
        self.kind = kind
        self._room = room
        self._things: dict[str, _Registered[T]] = {}
        self._is_complete = False

    def register(self, name: str, about: str = "") -> Callable[[T], T]:
        """A decorator that files a thing under `name`; `about` is by default its docstring's first line.

        Raises:
            ValueError: the name is taken.
        """

        def decorate(thing: T) -> T:
            if name in self._things:
                raise ValueError(f"two things register as {self.kind} {name!r}")
            self._things[name] = _Registered(thing, about or _first_line(thing))
            return thing

        return decorate

    def __getitem__(self, name: str) -> T:
        """The thing called `name`.

        Raises:
            UnknownNameError: there is none; the message has the nearest name.
        """
        return self._find(name).thing

    def __contains__(self, name: object) -> bool:
        """Whether something is registered as `name`."""
        self._complete()
        return name in self._things

    def __iter__(self) -> Iterator[str]:
        """The registered names, sorted."""
        self._complete()
        return iter(sorted(self._things))

    def about(self, name: str) -> str:
        """One line on the thing called `name`."""
        return self._find(name).about

    def _find(self, name: str) -> _Registered[T]:
        self._complete()
        if name not in self._things:
            raise UnknownNameError(self.kind, name, self)
        return self._things[name]

    def _complete(self) -> None:
        if self._is_complete:
            return
        self._is_complete = True  # already now: a module of the room may look something up while it is imported
        try:
            for module in pkgutil.iter_modules(importlib.import_module(self._room).__path__):
                if not module.name.startswith("_"):
                    importlib.import_module(f"{self._room}.{module.name}")
        except ImportError:
            self._is_complete = False
            raise


def _first_line(thing: object) -> str:
    return (thing.__doc__ or "").strip().partition("\n")[0]
