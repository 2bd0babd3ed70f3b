"""Runs plugin files, so that the registries show what they register; each content once in a process."""

from __future__ import annotations

import builtins
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from Arch.config.config import Config
from Arch.config.plugins.joining import read_code
from Arch.config.rules.extension import Code
from Arch.errors import ArchError, PluginError
from Arch.faults import is_disk_error, is_out_of_memory
from Arch.registry.plugin_scopes import BUILT_IN, PLUGIN_PREFIX, activate, registering
from Arch.registry.registry import REGISTRIES


def use(config: Config) -> None:
    """Activates the plugins of a config and of the experiments that it is made from, and no others.

    Raises:
        PluginError: a file is named by a cache alone, fails as it is run, registers other components than its `.cjson`
            offers, or registers a name that is taken.
    """
    plugins = tuple(config.plugins.values())
    for each in plugins:
        if each.refusal:
            raise PluginError(f"{config.title} cannot run: {each.refusal}")
    _use(each.code for each in plugins)
    from Arch.config.plugins.checking import check_registered  # few configs have plugins

    for each in plugins:
        check_registered(each, _module_of(each.code), config.rules.built_in or config.rules)


def use_files(paths: Sequence[str | Path]) -> None:
    """Activates the plugins in these files, and no others; raises PluginError, as `use` does."""
    _use([read_code(os.path.abspath(path), needs_rules=False)[0] for path in paths])  # noqa: PTH100 - links stay


@contextmanager
def errors_named(paths: Iterable[str]) -> Iterator[None]:
    """Turns an error that one of some plugins causes in the block into one that names the plugin; `SystemExit` too.

    Raises:
        PluginError: in place of an error that a plugin raised, or that its results caused. A full disk and a full
            memory stay what they are: they are no mistake of the plugin.
    """
    try:
        yield
    except ArchError:
        raise
    except (Exception, SystemExit) as error:
        place = _place_of(error) or _user_of(paths, error)
        if not place or is_out_of_memory(error) or is_disk_error(error):
            raise
        raise PluginError(f"{place}: {_words(error)}") from error


def _user_of(paths: Iterable[str], error: BaseException) -> str:
    """Returns the plugins and the built-in line that failed on their results; empty if it may have other causes."""
    files = ", ".join(sorted(paths))
    if not files or isinstance(error, (RuntimeError, OSError)):  # torch and the system raise those for any reason
        return ""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{files}, used by {last.filename}:{last.lineno}"


def _place_of(error: BaseException) -> str:
    """Returns `FILE:LINE` of the innermost plugin line in an error's traceback; empty if there is none."""
    place = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if str(frame.f_globals.get("__name__")).startswith(PLUGIN_PREFIX):
            place = f"{frame.f_code.co_filename}:{line}"
    return place


def _use(codes: Iterable[Code]) -> None:
    activate(())  # components of a file that fails are not shown
    modules = list(dict.fromkeys(_run(each) for each in codes))  # one file may be named twice
    for registry in REGISTRIES:
        registry.check(modules)
    activate(modules)


def _run(code: Code) -> str:
    """Returns the name of a file's module, which is run unless this very content was before."""
    name = _module_of(code)
    if name in sys.modules:
        return name
    module = sys.modules[name] = ModuleType(name)
    # The modules that a plugin imports may register built-in components: import statements do not count as its run.
    own_builtins = {**vars(builtins), "__import__": _import}
    vars(module).update(__file__=code.path, __package__="", __builtins__=own_builtins)
    try:
        with registering(name):
            exec(compile(code.content, code.path, "exec", dont_inherit=True), vars(module))  # noqa: S102 - asked for
    except BaseException as error:
        del sys.modules[name]
        for registry in REGISTRIES:
            registry.forget(name)
        if isinstance(error, (Exception, SystemExit)):
            raise PluginError(_failure_of(code, error)) from error
        raise
    return name


def _import(*words: Any, **named: Any) -> ModuleType:
    with registering(BUILT_IN):
        return builtins.__import__(*words, **named)


def _module_of(code: Code) -> str:
    return f"{PLUGIN_PREFIX}{code.sha256}_{code.name.removesuffix('.py')}"


def _failure_of(code: Code, error: BaseException) -> str:
    """Returns why a file cannot be run: the place, the error and, for a missing import, what to do."""
    if isinstance(error, SyntaxError) and error.filename == code.path:
        return f"{code.path}:{error.lineno}: {type(error).__name__}: {error.msg}."
    first = _words(error).partition("\n")[0].rstrip(".")
    return f"{_place_of(error) or code.path}: {first}.{_hint(code, error)}"


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".strip(": \n")


def _hint(code: Code, error: BaseException) -> str:
    """Returns what to do about a file beside a plugin, which plugins cannot import; empty for other errors."""
    if not isinstance(error, ImportError):
        return ""
    beside = Path(code.path).parent / str(error.name).partition(".")[0]
    if not (beside.exists() or Path(f"{beside}.py").exists() or "relative import" in str(error)):
        return ""
    return (
        " A plugin is one file and imports installed packages, not files beside it, whose changes would not be "
        "noticed. Put it into the same file, or install it."
    )
