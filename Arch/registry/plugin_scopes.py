"""Records which plugin, or the package, owns a registered component, and which plugins are active."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

PLUGIN_PREFIX = "arch_plugin_"  # prefix of a plugin's module name, before the digest of its file
BUILT_IN = ""  # the owner of the package's own components

# A context variable, because another thread may import built-in modules while a plugin's file runs.
_registering: ContextVar[str] = ContextVar("_registering", default=BUILT_IN)
_active: list[str] = []  # the modules of the plugins that registries show in this process


@contextmanager
def registering(owner: str) -> Iterator[None]:
    """Sets the owner of components that are registered inside the block: a plugin's module, or `BUILT_IN`."""
    token = _registering.set(owner)
    try:
        yield
    finally:
        _registering.reset(token)


def owner_of(component: object) -> str:
    """Returns the owner of a component that is being registered.

    A plugin owns the components that it defines, also those that one of its functions registers later. It owns a
    component that is defined elsewhere, such as a partial function or another library's class, if its file registers it
    while it is executed.
    """
    module = str(getattr(component, "__module__", ""))
    return module if module.startswith(PLUGIN_PREFIX) else _registering.get()


def active_owners() -> tuple[str, ...]:
    """Returns the owners whose components registries show: the package, then the active plugins."""
    return (BUILT_IN, *_active)


def activate(modules: Iterable[str]) -> None:
    """Makes registries show the components of the plugins with these modules, and of no other plugins."""
    _active[:] = modules
