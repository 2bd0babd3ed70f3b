"""Checks that a plugin's two files agree: what the Python registers is what the `.cjson` offers, key by key."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from Arch.config.names import field_name
from Arch.config.rules.extension import Extension
from Arch.config.rules.rules import Rules
from Arch.errors import PluginError
from Arch.registry.registry import REGISTRIES, Registered, Registry


def check_registered(plugin: Extension, module: str, built_in: Rules) -> None:
    """Checks that a plugin registers what its `.cjson` offers.

    Args:
        plugin: what the `.cjson` says.
        module: the module of the plugin's Python file, which was run.
        built_in: the rules without plugins.

    Raises:
        PluginError: it does not; the message has the line to add.
    """
    path, rules_path = plugin.code.path, plugin.code.rules_path
    registered = [(each, name) for each in REGISTRIES for name in each.of_plugin(module)]
    for registry, name in registered:
        if registry.key and name not in plugin.choices.get(registry.key, ()):
            raise PluginError(
                f"{path} registers the {registry.kind} {name!r}, which {rules_path} does not offer. Add there: "
                f'"::": {json.dumps({registry.key: {"choices": {name: 1}}})}.'
            )
        item = registry.of_plugin(module)[name]
        if isinstance(item, Registered):
            _check_keys(plugin, built_in, registry, name, item.component)
    for key, choices in plugin.choices.items():
        for name in choices:
            if not any(registry.key == key and name == each for registry, each in registered):
                kind = next((registry.kind for registry in REGISTRIES if registry.key == key), "")
                line = f"Add there: @{kind.upper()}S.register({json.dumps(name)})" if kind else "Register it there"
                raise PluginError(
                    f"{rules_path} offers {key} = {json.dumps(name)}, which {path} does not register. "
                    f"{line}, or take the choice out."
                )


def _check_keys(plugin: Extension, built_in: Rules, registry: Registry[Any], name: str, component: Any) -> None:
    """Checks that a component's own keys are declared, and that each of its fields has a key; raises PluginError."""
    try:
        needed = tuple(registry.keys_of(component))
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
    fields = dataclasses.fields(component) if dataclasses.is_dataclass(component) else ()
    for field in (each.name for each in fields if each.init):
        if field not in known and f"{field_name(name)}_{field}" not in known:
            stanza_name = f"{registry.key}:{name}:Params" if registry.key else f"{needed[0]}:Params"
            own = "".join(filter(str.isalnum, name)) + "".join(word.capitalize() for word in field.split("_"))
            raise PluginError(
                f"{plugin.code.path}: the {registry.kind} {name!r} has the field {field!r}, for which there is no key. "
                f'Add to {plugin.code.rules_path}: "{stanza_name}": {{"{own}": ...}}.'
            )
