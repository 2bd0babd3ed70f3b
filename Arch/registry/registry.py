"""Names for things that contributors add: a file that registers itself is all there is to an addition."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from Arch.errors import UnknownNameError
from Arch.registry.plugin_scopes import Family, Registered, Scope, Scopes

T = TypeVar("T")
REGISTRIES: list[Registry[Any]] = []


class Registry(Generic[T]):
    """The things of one kind in one room, by name.

    The room's public modules are imported on the first look-up, so that a file is its own registration and
    that a room costs nothing before something of it is wanted. What a plugin registers is seen while it is in force.
    """

    def __init__(
        self, kind: str, room: str, *, key: str = "", keys_of: Callable[[T], Iterable[str]] = lambda _: ()
    ) -> None:
        """Takes what describes the things.

        Args:
            kind: what error messages call one.
            room: the package whose modules register them.
            key: the config key that chooses among them, if one does.
            keys_of: the config keys that a thing says it cannot do without.
        """
        self.kind, self.key, self.keys_of = kind, key, keys_of
        self._room = room
        self._scopes: Scopes[T] = Scopes()
        self._is_complete = False
        REGISTRIES.append(self)

    def register(self, name: str, about: str = "") -> Callable[[T], T]:
        """A decorator that files a thing under `name`; `about` is by default its docstring's first line.

        Raises:
            ValueError: the name is taken.
        """
        scope = self._scopes.of_caller()

        def decorate(thing: T) -> T:
            if name in scope.things:
                raise ValueError(f"two things register as {self.kind} {name!r}")
            scope.things[name] = Registered(thing, about or _first_line(thing))
            return thing

        return decorate

    def register_family(
        self, pattern: str, members: Callable[[], Iterable[str]], about: str
    ) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
        """A decorator that files what makes a thing from a name, for names that begin as `pattern` does.

        Args:
            pattern: a beginning and a `*`, such as `torchvision/*`.
            members: gives the whole names of all members; asked only when somebody wants to know.
            about: one line on the family.

        Raises:
            ValueError: the pattern is none, or taken.
        """
        scope = self._scopes.of_caller()

        def decorate(make: Callable[[str], T]) -> Callable[[str], T]:
            if pattern in scope.families or pattern.find("*") != len(pattern) - 1:
                raise ValueError(f"{pattern!r} is registered already, or is no beginning with a '*' after it")
            scope.families[pattern] = Family(functools.cache(make), members, about)
            return make

        return decorate

    def __getitem__(self, name: str) -> T:
        """The thing called `name`.

        Raises:
            UnknownNameError: there is none; the message has the nearest name.
            ArchError: it belongs to a family that is not to be had here.
        """
        return self._find(name).thing

    def __contains__(self, name: object) -> bool:
        """Whether something is registered as `name`, or it is a member of a family."""
        self._complete()
        if name in self._things or not isinstance(name, str):
            return name in self._things
        pattern = self._family_of(name)
        return pattern is not None and name in self.members(pattern)

    def __iter__(self) -> Iterator[str]:
        """The registered names, sorted; not those of the families' members."""
        self._complete()
        return iter(sorted(self._things))

    @property
    def families(self) -> tuple[str, ...]:
        """The patterns of the families, sorted."""
        self._complete()
        return tuple(sorted(self._families))

    def members(self, pattern: str) -> tuple[str, ...]:
        """The names of all members of a family, sorted.

        Raises:
            UnknownNameError: there is no such family.
            ArchError: it is not to be had here.
        """
        if pattern not in self.families:
            raise UnknownNameError(f"family of {self.kind}s", pattern, self._families)
        return tuple(sorted(self._families[pattern].members()))

    def about(self, name: str) -> str:
        """One line on the thing or the family called `name`."""
        if name in self.families:
            return self._families[name].about
        return self._find(name).about

    def of_plugin(self, module: str) -> Scope[T]:
        """What a plugin's module registered here."""
        return self._scopes.by_module.get(module, Scope())

    def forget(self, module: str) -> None:
        """Takes out what a plugin's module registered."""
        self._scopes.by_module.pop(module, None)

    def check(self) -> None:
        """Checks that what is in force has names of its own; raises PluginError."""
        self._complete()
        self._scopes.check(self.kind)

    @property
    def _things(self) -> Mapping[str, Registered[T]]:
        return {name: each for scope in self._scopes.seen() for name, each in scope.things.items()}

    @property
    def _families(self) -> Mapping[str, Family[T]]:
        return {name: each for scope in self._scopes.seen() for name, each in scope.families.items()}

    def _find(self, name: str) -> Registered[T]:
        self._complete()
        if name in self._things:
            return self._things[name]
        pattern = self._family_of(name)
        if pattern is None:
            raise UnknownNameError(self.kind, name, self)
        members = self.members(pattern)
        if name not in members:
            raise UnknownNameError(self.kind, name, members)
        thing = self._families[pattern].make(name)
        return Registered(thing, _first_line(thing))

    def _family_of(self, name: str) -> str | None:
        return next((each for each in self._families if name.startswith(each[:-1])), None)

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
