"""To whom a registered thing belongs, the package or a plugin, and which plugins' things the registries show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

PLUGIN_PREFIX = "arch_plugin_"  # begins the module names of plugins; a digest of the file follows
BUILT_IN = ""  # the owner of the package's own things

# A context variable, so that an import in another thread, or in the middle of a plugin's file, stays built-in.
_registering: ContextVar[str] = ContextVar("_registering", default=BUILT_IN)
_active: list[str] = []  # the modules of the plugins that registries show in this process


@contextmanager
def registering(owner: str) -> Iterator[None]:
    """Lets what is registered inside the block belong to `owner`: a plugin's module, or `BUILT_IN`."""
    token = _registering.set(owner)
    try:
        yield
    finally:
        _registering.reset(token)


def owner_of(thing: object) -> str:
    """Returns the owner of a thing that is being registered.

    A plugin owns what it defines, also where a function of it registers that later. What it only registers, such as a
    partial function or a class of another library, is its own while its file runs.
    """
    module = str(getattr(thing, "__module__", ""))
    return module if module.startswith(PLUGIN_PREFIX) else _registering.get()


def active_owners() -> tuple[str, ...]:
    """Returns the owners whose things registries show: the package, then the active plugins."""
    return (BUILT_IN, *_active)


def activate(modules: Iterable[str]) -> None:
    """Lets registries show what the plugins with these modules registered, and nothing of other plugins."""
    _active[:] = modules
