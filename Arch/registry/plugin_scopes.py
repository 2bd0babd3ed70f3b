"""What registries hold: the built-in things, and those of plugins, which are seen while they are in force."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from Arch.errors import PluginError

T = TypeVar("T")
PLUGIN_PREFIX = "arch_plugin_"  # what the modules of users' own files are called, before their digests
BUILT_IN = ""

_in_force: list[str] = []  # the modules of the plugins that registries see now, in this process


@dataclass(frozen=True)
class Registered(Generic[T]):
    """A thing with one line about it."""

    thing: T
    about: str


@dataclass(frozen=True)
class Family(Generic[T]):
    """What makes things from names with one beginning, the names that there are, and one line about all of them."""

    make: Callable[[str], T]
    members: Callable[[], Iterable[str]]
    about: str


@dataclass(frozen=True)
class Scope(Generic[T]):
    """What is built in, or what one plugin registered in a registry, by name and by pattern."""

    things: dict[str, Registered[T]] = field(default_factory=dict)
    families: dict[str, Family[T]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """All names and patterns."""
        return (*self.things, *self.families)


@dataclass(frozen=True)
class Scopes(Generic[T]):
    """The scopes of one registry, by the module of their plugin."""

    by_module: dict[str, Scope[T]] = field(default_factory=lambda: {BUILT_IN: Scope()})

    def of_caller(self) -> Scope[T]:
        """The scope of who has called the method that calls this."""
        module = str(sys._getframe(2).f_globals.get("__name__"))  # noqa: SLF001 - what is registered may be made elsewhere
        return self.by_module.setdefault(module if module.startswith(PLUGIN_PREFIX) else BUILT_IN, Scope())

    def seen(self) -> Iterator[Scope[T]]:
        """The built-in one, and those of the plugins in force."""
        return (self.by_module[each] for each in (BUILT_IN, *_in_force) if each in self.by_module)

    def check(self, kind: str) -> None:
        """Checks that no two that are seen have one name; raises PluginError."""
        holders: dict[str, str] = {}
        for module in (BUILT_IN, *_in_force):
            scope = self.by_module.get(module)
            for name in scope.names if scope else ():
                if name in holders:
                    one, other = self._place(module, name), self._place(holders[name], name)
                    raise PluginError(f"{one} and {other} both register the {kind} {name!r}. Give one another name.")
                holders[name] = module

    def _place(self, module: str, name: str) -> str:
        scope = self.by_module[module]
        thing = scope.things[name].thing if name in scope.things else scope.families[name].make
        return str(sys.modules[module or str(getattr(thing, "__module__", __name__))].__file__)


def put_in_force(modules: Iterable[str]) -> None:
    """Lets registries see what these plugins' modules registered, and nothing of others."""
    _in_force[:] = dict.fromkeys(modules)
