"""The version of how a network is used that brings normalisation constants of its own.

It is the fact `version` of the reference in the rules, and among an experiment's versions it is called
`KEY.normalization`. A run that does not record it was made with version 1: every network saw images under the constants
of the experiment's dataset.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from Arch.config.rules.rules import Rules

_PUBLISHED = re.compile(r"(torchvision|timm)/[^ @]+@[^ ]+")


def is_published(title: str) -> bool:
    """Returns whether a reference of this title is a network with published weights, which come with constants."""
    return _PUBLISHED.fullmatch(title) is not None


def uses_own(active: Mapping[str, Any], key: str) -> bool:
    """Returns whether the network of a reference `key` sees images under its own constants, if it has some.

    A plugin's loss may have a teacher without the key that chooses.
    """
    return bool(active.get(f"{key}Normalization", "Own") == "Own")


def normalization_versions(rules: Rules, active: Mapping[str, Any], bringing: Iterable[str]) -> dict[str, int]:
    """Returns the versions of those references that are used with constants of their own.

    Args:
        rules: the present rules.
        active: the active values of an experiment.
        bringing: the keys of the references whose constants may differ from those of the dataset.
    """
    versions = {key: rules.references[key].version for key in bringing if key in rules.references}
    return {f"{key}.normalization": number for key, number in versions.items() if number > 1 and uses_own(active, key)}
