"""The owners of registered things, the package and plugins, and which plugins' things the registries show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

PLUGIN_PREFIX = "arch_plugin_"  # begins the module names of plugins; a digest of the file follows
BUILT_IN = ""  # the owner of the package's own things

# A context variable, because another thread may import built-in modules while a plugin's file runs.
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

    A plugin owns the things that it defines, also those that one of its functions registers later. It owns things that
    are defined elsewhere, such as a partial function or another library's class, if it registers them while its file
    runs.
    """
    module = str(getattr(thing, "__module__", ""))
    return module if module.startswith(PLUGIN_PREFIX) else _registering.get()


def active_owners() -> tuple[str, ...]:
    """Returns the owners whose things registries show: the package, then the active plugins."""
    return (BUILT_IN, *_active)


def activate(modules: Iterable[str]) -> None:
    """Lets registries show what the plugins with these modules registered, and nothing of other plugins."""
    _active[:] = modules
