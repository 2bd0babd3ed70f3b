"""Registries: components by name, each registered by the module that defines it."""

from __future__ import annotations

import functools
import importlib
import itertools
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from Arch.errors import PluginError, UnknownNameError
from Arch.registry.plugin_scopes import BUILT_IN, active_owners, owner_of, registering

T = TypeVar("T")
REGISTRIES: list[Registry[Any]] = []


@dataclass(frozen=True)
class Registered(Generic[T]):
    """A component with its one-line description."""

    component: T
    about: str


@dataclass(frozen=True)
class Family(Generic[T]):
    """Components whose names share a prefix: a function from name to component, all names, and a description."""

    make: Callable[[str], T]
    members: Callable[[], Iterable[str]]
    about: str


class Registry(Generic[T]):
    """The components of one kind, by name.

    The public modules of its package are imported on the first look-up, so that a new
    file needs no list of imports, and an unused package is not imported. Components of a plugin are shown while it is
    active.
    """

    def __init__(
        self, kind: str, package: str, *, key: str = "", keys_of: Callable[[T], Iterable[str]] = lambda _: ()
    ) -> None:
        """Makes an empty registry.

        Args:
            kind: what error messages call one component.
            package: the package whose modules register the built-in components.
            key: the config key that chooses among them, if one does.
            keys_of: the config keys that a component requires.
        """
        self.kind, self.key, self.keys_of = kind, key, keys_of
        self._package = package
        self._by_owner: dict[str, dict[str, Registered[T] | Family[T]]] = {}
        self._is_complete = False
        REGISTRIES.append(self)

    def register(self, name: str, about: str = "") -> Callable[[T], T]:
        """Returns a decorator that registers a component as `name`; `about` is by default its docstring's first line.

        Raises:
            ValueError: the name is taken.
        """

        def decorate(component: T) -> T:
            own = self._by_owner.setdefault(owner_of(component), {})
            if name in own:
                raise ValueError(f"two components register as {self.kind} {name!r}")
            own[name] = Registered(component, about or _first_line(component))
            return component

        return decorate

    def register_family(
        self, pattern: str, members: Callable[[], Iterable[str]], about: str
    ) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
        """Returns a decorator that registers a function that makes a component from any name that fits the pattern.

        Args:
            pattern: a beginning and a `*`, such as `torchvision/*`.
            members: gives the whole names of all members; called only when a member is looked up or listed.
            about: one line on the family.

        Raises:
            ValueError: the pattern is taken, or is no beginning with a `*` after it.
        """

        def decorate(make: Callable[[str], T]) -> Callable[[str], T]:
            own = self._by_owner.setdefault(owner_of(make), {})
            if pattern in own or pattern.find("*") != len(pattern) - 1:
                raise ValueError(f"{pattern!r} is registered already, or is no beginning with a '*' after it")
            own[pattern] = Family(functools.cache(make), members, about)
            return make

        return decorate

    def __getitem__(self, name: str) -> T:
        """The component called `name`.

        Raises:
            UnknownNameError: there is none; the message has the nearest name.
            ArchError: it belongs to a family of a library that is not installed.
        """
        return self._find(name).component

    def __contains__(self, name: object) -> bool:
        """Whether something is registered as `name`, or it is a member of a family."""
        if not isinstance(name, str):
            return False
        pattern = self._family_of(name)
        return isinstance(self._shown().get(name), Registered) or (bool(pattern) and name in self.members(pattern))

    def __iter__(self) -> Iterator[str]:
        """The registered names, sorted; not those of the families' members."""
        return iter(sorted(name for name, item in self._shown().items() if isinstance(item, Registered)))

    @property
    def families(self) -> tuple[str, ...]:
        """The patterns of the families, sorted."""
        return tuple(sorted(name for name, item in self._shown().items() if isinstance(item, Family)))

    def members(self, pattern: str) -> tuple[str, ...]:
        """Returns the names of all members of a family, sorted.

        Raises:
            UnknownNameError: there is no such family.
            ArchError: its library is not installed.
        """
        return tuple(sorted(self._family(pattern).members()))

    def about(self, name: str) -> str:
        """Returns one line on the component or the family called `name`."""
        return (self._shown().get(name) or self._find(name)).about

    def of_plugin(self, module: str) -> Mapping[str, Registered[T] | Family[T]]:
        """Returns what a plugin's module registered here, by name or pattern."""
        return self._by_owner.get(module, {})

    def forget(self, module: str) -> None:
        """Removes what a plugin's module registered."""
        self._by_owner.pop(module, None)

    def check(self, modules: Sequence[str]) -> None:
        """Checks that no two of the package and some plugins' modules registered one name, or a family over it.

        Raises:
            PluginError: two did; the message names both files.
        """
        if not any(map(self.of_plugin, modules)):
            return
        self._complete()
        for one, other in itertools.combinations((BUILT_IN, *modules), 2):
            for name, taken in itertools.product(sorted(self.of_plugin(other)), sorted(self.of_plugin(one))):
                if name == taken or self._meet(other, name, one, taken):
                    files = f"{self._file_of(other, name)} and {self._file_of(one, taken)}"
                    what = f"both register the {self.kind} {name!r}"
                    if name != taken:
                        what = f"register the {self.kind}s {name!r} and {taken!r}, of which one covers the other"
                    raise PluginError(f"{files} {what}. Give one another name.")

    def _meet(self, one: str, name: str, other: str, taken: str) -> bool:
        """Returns whether the component of an owner or a member of its family has a name of another owner's."""
        is_family = isinstance(self._by_owner[one][name], Family), isinstance(self._by_owner[other][taken], Family)
        first, second = name.removesuffix("*" * is_family[0]), taken.removesuffix("*" * is_family[1])
        return (is_family[0] and second.startswith(first)) or (is_family[1] and first.startswith(second))

    def _file_of(self, owner: str, name: str) -> str:
        """Returns the file of a plugin, or the one in which a built-in component is defined."""
        item = self._by_owner[owner][name]
        component = item.component if isinstance(item, Registered) else item.make
        return str(sys.modules[owner or str(getattr(component, "__module__", __name__))].__file__)

    def _shown(self) -> Mapping[str, Registered[T] | Family[T]]:
        """Returns the built-in components and those of active plugins, by name or pattern."""
        self._complete()
        return {name: item for owner in active_owners() for name, item in self.of_plugin(owner).items()}

    def _find(self, name: str) -> Registered[T]:
        found, pattern = self._shown().get(name), self._family_of(name)
        if isinstance(found, Registered):
            return found
        if not pattern:
            raise UnknownNameError(self.kind, name, self)
        members = self.members(pattern)
        if name not in members:
            raise UnknownNameError(self.kind, name, members)
        component = self._family(pattern).make(name)
        return Registered(component, _first_line(component))

    def _family(self, pattern: str) -> Family[T]:
        found = self._shown().get(pattern)
        if not isinstance(found, Family):
            raise UnknownNameError(f"family of {self.kind}s", pattern, self.families)
        return found

    def _family_of(self, name: str) -> str:
        """Returns the pattern that a name fits; empty if there is none."""
        return next((each for each in self.families if name.startswith(each[:-1])), "")

    def _complete(self) -> None:
        """Imports all public modules of the package, once."""
        if self._is_complete:
            return
        self._is_complete = True  # at once: a module of the package may look something up while it is imported
        try:
            with registering(BUILT_IN):  # a plugin's file may be the first to look something up
                for module in pkgutil.iter_modules(importlib.import_module(self._package).__path__):
                    if not module.name.startswith("_"):
                        importlib.import_module(f"{self._package}.{module.name}")
        except ImportError:
            self._is_complete = False
            raise


def _first_line(component: object) -> str:
    return (component.__doc__ or "").strip().partition("\n")[0]
