"""Runs the files of a user's own, so that the registries know what they register; each once in a process."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from Arch.config.names import field_name
from Arch.config.plugins.joining import read_code
from Arch.errors import ArchError, PluginError
from Arch.faults import is_disk_error, is_out_of_memory
from Arch.registry.plugin_scopes import PLUGIN_PREFIX, put_in_force
from Arch.registry.registry import REGISTRIES, Registry

if TYPE_CHECKING:
    from Arch.config.config import Config
    from Arch.config.rules.extension import Code, Extension
    from Arch.config.rules.rules import Rules


def use(config: Config) -> None:
    """Lets the registries see the plugins of a config and of what it is made from, and no others.

    Raises:
        PluginError: a file fails as it is run, does not register what its `.cjson` promises or promises less, or
            registers a name that is taken.
    """
    plugins = tuple(config.plugins.values())
    _use(each.code for each in plugins)
    for each in plugins:
        _check(each, config.rules.built_in or config.rules)


def use_files(paths: Sequence[str | Path]) -> None:
    """Lets the registries see the plugins in these files, and no others; raises PluginError, as `use` does."""
    _use([read_code(os.path.abspath(path), needs_rules=False)[0] for path in paths])  # noqa: PTH100 - links stay


@contextmanager
def errors_named(paths: Iterable[str]) -> Iterator[None]:
    """Says which of some plugins an error comes of, and takes the end of the program for one.

    Raises:
        PluginError: in place of what a plugin raised, or what could do nothing with what a plugin gave. A full disk
            and a full memory stay what they are, since they are no plugin's mistakes.
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
    """The plugins and the built-in line that could do nothing with what they gave; may be empty."""
    files = ", ".join(sorted(paths))
    if not files or isinstance(error, (RuntimeError, OSError)):  # torch and the system raise those for any reason
        return ""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{files}, used by {last.filename}:{last.lineno}"


def _place_of(error: BaseException) -> str:
    """`FILE:LINE` of the last line of a plugin that had a part in an error; empty where none had."""
    frames = [each for each in traceback.walk_tb(error.__traceback__) if _is_plugin(each[0].f_globals.get("__name__"))]
    return f"{frames[-1][0].f_code.co_filename}:{frames[-1][1]}" if frames else ""


def _is_plugin(module: object) -> bool:
    return str(module).startswith(PLUGIN_PREFIX)


def _use(codes: Iterable[Code]) -> None:
    put_in_force([])  # what a file that fails has registered is not to be seen
    modules = [_run(each) for each in codes]
    put_in_force(modules)
    try:
        for registry in REGISTRIES:
            if any(registry.of_plugin(module).names for module in modules):
                registry.check()
    except PluginError:
        put_in_force([])
        raise


def _run(code: Code) -> str:
    """The name of a file's module, which is run unless this very content was."""
    name = _module_of(code)
    if name not in sys.modules:
        module = sys.modules[name] = ModuleType(name)
        module.__file__, module.__package__ = code.path, ""
        try:
            exec(compile(code.content, code.path, "exec", dont_inherit=True), vars(module))  # noqa: S102 - asked for
        except (Exception, SystemExit) as error:
            del sys.modules[name]
            for registry in REGISTRIES:
                registry.forget(name)
            raise PluginError(_told(code, error)) from error
    return name


def _module_of(code: Code) -> str:
    return f"{PLUGIN_PREFIX}{code.sha256[:16]}_{code.name.removesuffix('.py')}"


def _told(code: Code, error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.filename == code.path:
        return f"{code.path}:{error.lineno}: {type(error).__name__}: {error.msg}."
    first = _words(error).partition("\n")[0].rstrip(".")
    return f"{_place_of(error) or code.path}: {first}.{_hint(code, error)}"


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".strip(": \n")


def _hint(code: Code, error: BaseException) -> str:
    """What to do about a file that a plugin cannot import, although it lies beside it."""
    if not isinstance(error, ImportError):
        return ""
    beside = Path(code.path).parent / str(error.name).partition(".")[0]
    if not (beside.exists() or Path(f"{beside}.py").exists() or "relative import" in str(error)):
        return ""
    return (
        " A plugin is one file and imports what is installed, not what lies beside it, whose changes nobody would see. "
        "Put it into the same file, or install it."
    )


def _check(plugin: Extension, built_in: Rules) -> None:
    """Checks that what a plugin registers is what its `.cjson` says; raises PluginError with the line to paste."""
    path, rules_path, module = plugin.code.path, plugin.code.rules_path, _module_of(plugin.code)
    registered = [(each, name) for each in REGISTRIES for name in each.of_plugin(module).names]
    for registry, name in registered:
        if registry.key and name not in plugin.choices.get(registry.key, ()):
            raise PluginError(
                f"{path} registers the {registry.kind} {name!r}, which {rules_path} does not offer. Add there: "
                f'"::": {json.dumps({registry.key: {"choices": {name: 1}}})}.'
            )
        if name in registry.of_plugin(module).things:
            _check_keys(plugin, built_in, registry, name)
    for key, choices in plugin.choices.items():
        for name in choices:
            if not any(registry.key == key and name == each for registry, each in registered):
                raise PluginError(
                    f"{rules_path} offers {key} = {json.dumps(name)}, which {path} does not register. "
                    f"{_how_to_register(key, name)}"
                )


def _how_to_register(key: str, name: str) -> str:
    for registry in REGISTRIES:
        if registry.key == key:
            return f"Add there: @{registry.kind.upper()}S.register({json.dumps(name)}), or take the choice out."
    return "Register it there, or take the choice out."


def _check_keys(plugin: Extension, built_in: Rules, registry: Registry[Any], name: str) -> None:
    thing = registry.of_plugin(_module_of(plugin.code)).things[name].thing
    try:
        needed = tuple(registry.keys_of(thing))
    except AttributeError as error:
        raise PluginError(f"{plugin.code.path}: the {registry.kind} {name!r} is not complete: {error}.") from error
    switch = {needed[0]: False} if needed else {}
    for key in needed:
        if key not in plugin.keys:
            stanza = {f"{needed[0]}:Params": dict.fromkeys(needed[1:], 1.0)}
            raise PluginError(
                f"{plugin.code.path} registers the {registry.kind} {name!r}, whose key {key!r} "
                f"{plugin.code.rules_path} does not declare. Add there: {json.dumps({**switch, **stanza})[1:-1]}."
            )
    known = {**built_in.key_by_field, **{field_name(key): key for key in plugin.keys}}
    for field in _fields(thing):
        if field not in known and f"{field_name(name)}_{field}" not in known:
            stanza_name = f"{registry.key}:{name}:Params" if registry.key else f"{needed[0]}:Params"
            words = "".join(word.capitalize() for word in field.split("_"))
            raise PluginError(
                f"{plugin.code.path}: the {registry.kind} {name!r} has the field {field!r}, for which there is no key. "
                f'Add to {plugin.code.rules_path}: "{stanza_name}": {{"{_key_part(name)}{words}": ...}}.'
            )


def _key_part(name: str) -> str:
    return "".join(letter for letter in name if letter.isalnum())


def _fields(thing: Any) -> Iterator[str]:
    """The fields of a component that its keys have to fill."""
    if dataclasses.is_dataclass(thing):
        for each in dataclasses.fields(thing):
            if each.init:
                yield each.name
