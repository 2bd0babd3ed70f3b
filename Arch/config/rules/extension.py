"""The additions of a plugin to the rules: keys, choices of built-in keys, and further conditions for built-in keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from Arch.config.json_text import Source
from Arch.config.rules.declarations import Declaration, KeyRule, ReferenceRule
from Arch.config.rules.patterns import matches
from Arch.escaping import printable


@dataclass(frozen=True)
class Code:
    """The content and the digests of a plugin's two files.

    Attributes:
        path: absolute path of the Python file.
        content: its bytes.
        sha256: the sha256 of the content, in hexadecimal digits.
        rules_sha256: the SHA-256 of the `.cjson` beside it; empty if there is none.
    """

    path: str
    content: bytes
    sha256: str
    rules_sha256: str

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.replace("\\", "/").rpartition("/")[2]

    @property
    def rules_path(self) -> str:
        """The path of the `.cjson` with its keys and choices."""
        return rules_path_of(self.path)

    def document(self) -> dict[str, str]:
        """Returns the record of the plugin in an entry or a run."""
        return {"Path": self.path, "Sha256": self.sha256, "RulesSha256": self.rules_sha256}


def rules_path_of(path: str) -> str:
    """Returns the path of a plugin's keys and choices: `my_file.cjson` beside `my_file.py`."""
    return f"{path.removesuffix('.py')}.cjson"


@dataclass(frozen=True)
class Extension:
    """The additions of one plugin; a config that uses none of them has the same fingerprint without the plugin.

    Attributes:
        code: the plugin's files.
        source: its `.cjson`.
        keys: its own keys.
        more: further declarations of built-in keys, each under a condition that only its own choices or keys fulfil.
        choices: further choices of built-in keys, with their versions.
        aliases: other spellings of its own keys.
        retired: keys that it had in earlier versions, with the reason.
        references: for its own keys of the type `reference`.
        resets: by built-in reference, the values of its own keys where the reference is only a model's name.
        is_named: whether the given config or option names it. Otherwise only the record of a cached experiment does:
            then its rules are read, and its Python must not run, since another person may have written the record.
    """

    code: Code
    source: Source
    keys: Mapping[str, KeyRule]
    more: Mapping[str, tuple[Declaration, ...]]
    choices: Mapping[str, Mapping[str, int]]
    aliases: Mapping[str, str]
    retired: Mapping[str, str]
    references: Mapping[str, ReferenceRule]
    resets: Mapping[str, Mapping[str, Any]]
    is_named: bool = True

    @property
    def refusal(self) -> str:
        """The reason why its Python must not run, with the remedy; empty if it may."""
        if self.is_named:
            return ""
        return (
            f"its plugin {printable(self.code.path)} is named by the cache alone, and such code is not run. If you "
            f'trust this file, add "Plugins": [{json.dumps(self.code.path)}] to the config, or give '
            f"--plugin {printable(self.code.path)} to a command that names the experiment by its fingerprint."
        )

    @property
    def trainings(self) -> tuple[str, ...]:
        """Its trainers that have the keys of a training: those without a stanza `Trainer:NAME:Params` of their own."""
        declared = [each for rule in self.keys.values() for each in rule.declarations]
        declared += [each for declarations in self.more.values() for each in declarations]
        own = {
            value
            for declaration in declared
            for condition in declaration.conditions
            for each in condition.alternatives
            if each.keys == ("Trainer",)
            for value in each.values
        }
        return tuple(name for name in self.choices.get("Trainer", ()) if name not in own)

    def acts(self, named: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
        """Returns whether a config would have another fingerprint, or be invalid, without it.

        Args:
            named: the active values that differ from their defaults.
            given: all canonical values of the config.
        """
        return not self.keys.keys().isdisjoint(named) or any(
            self._offers(key, value) or (key in named and self._names_network(given.get(key)))
            for key, value in named.items()
        )

    def _offers(self, key: str, value: Any) -> bool:
        offered = self.choices.get(key, ())
        return any(matches(each, name) for name in offered for each in (value if isinstance(value, list) else [value]))

    def _names_network(self, value: Any) -> bool:
        """Returns whether a reference is to a file of weights of one of its networks."""
        model, at, _ = value.partition("@") if isinstance(value, str) else ("", "", "")
        return bool(at) and any(matches(model, name) for offered in self.choices.values() for name in offered)
