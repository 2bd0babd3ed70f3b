"""The keys in which experiments differ, and short labels made of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from Arch.escaping import printable

LEADING = ("Model", "Dataset", "DataName", "Trainer")  # their values are shown without the key in front
LONGEST = 60  # characters of a label; a longer one loses the keys that are not needed to keep it unique
_ABSENT = object()
_FINGERPRINT = re.compile(r"[0-9a-f]{32}")


def distinguishing(configs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns, for each config, its values of the keys in which the configs differ.

    Args:
        configs: the active values of each experiment. Numbers are compared by value; true is not 1.

    Returns:
        For each config its values of the differing keys, in the configs' own order of keys. A key that
        only some configs have differs too, and is missing from the result of the others.
    """
    keys = dict.fromkeys(key for config in configs for key in config)
    differing = [key for key in keys if not _are_same([config.get(key, _ABSENT) for config in configs])]
    return [{key: config[key] for key in differing if key in config} for config in configs]


def labels(
    configs: Sequence[Mapping[str, Any]], fingerprints: Sequence[str], titles: Mapping[str, str] | None = None
) -> list[str]:
    """Returns short labels for experiments shown together, such as `resnet8, VanillaKD, Temperature=4`.

    A label starts with the model and lists the keys that several experiments have with different values; keys that
    only exist under a switch are represented by the switch. A label above `LONGEST` loses the keys that are not needed
    to keep it unique. Experiments without a difference get the first 8 digits of their fingerprints.

    Args:
        configs: the active values of each experiment.
        fingerprints: each experiment's fingerprint, in the same order.
        titles: the titles of the experiments that configs refer to, by fingerprint.

    Returns:
        One label per config, escaped and in one line; two are equal only if the fingerprints' first 8 digits are.
    """
    names = _distinct(titles or {})
    keys = _shortened(configs, _label_keys(configs, names), names)
    texts = [_text(config, keys, names) for config in configs]
    for group in _clashes(texts):
        shares = distinguishing([configs[index] for index in group])
        for index, share in zip(group, shares, strict=True):
            parts = [_part(key, value, names) or printable(f"{key}=false") for key, value in share.items()]
            texts[index] = ", ".join(filter(None, (texts[index], *parts)))
    clashing = {index for group in _clashes(texts) for index in group}
    return [
        f"{text}, {fingerprint[:8]}".removeprefix(", ") if index in clashing or not text else text
        for index, (text, fingerprint) in enumerate(zip(texts, fingerprints, strict=True))
    ]


def _are_same(values: Sequence[Any]) -> bool:
    first = values[0]
    return all(value == first and isinstance(value, bool) == isinstance(first, bool) for value in values)


def _label_keys(configs: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[str]:
    """Returns the keys of the labels: the model, else the trainer and its networks, and the keys that differ.

    Returns:
        The keys in `LEADING` first, then switches, then the others.
    """
    keys = dict.fromkeys(key for share in distinguishing(configs) for key in share)
    values = {key: [config[key] for config in configs if key in config] for key in keys}
    first = "Model" if any("Model" in config for config in configs) else "Trainer"
    networks = (
        key
        for config in configs
        if "Model" not in config
        for key in config
        if isinstance(config[key], str) and config[key] in names
    )
    ranks = (
        {first: 0}
        | dict.fromkeys(networks, len(LEADING))
        | {key: _rank(key, values[key][0]) for key in keys if not _are_same(values[key])}
    )
    return sorted(ranks, key=lambda key: ranks[key])  # a stable sort, which keeps the configs' order within a rank


def _rank(key: str, value: object) -> int:
    if key in LEADING:
        return LEADING.index(key)
    return len(LEADING) + (not isinstance(value, bool))


def _shortened(configs: Sequence[Mapping[str, Any]], keys: list[str], names: Mapping[str, str]) -> list[str]:
    for key in reversed(keys[1:]):
        texts = [_text(config, keys, names) for config in configs]
        fewer = [other for other in keys if other != key]
        is_needed = len({_text(config, fewer, names) for config in configs}) < len(set(texts))
        if max(map(len, texts)) > LONGEST and not is_needed:
            keys = fewer
    return keys


def _text(config: Mapping[str, Any], keys: Iterable[str], names: Mapping[str, str]) -> str:
    return ", ".join(filter(None, (_part(key, config[key], names) for key in keys if key in config)))


def _part(key: str, value: object, names: Mapping[str, str]) -> str:
    """Returns the text of one key in a label; empty for a switch that is off."""
    if isinstance(value, bool):
        return printable(key) if value else ""
    shown = _shown(value, names)
    return printable(shown if key in LEADING else f"{key}={shown}")


def _shown(value: object, names: Mapping[str, str]) -> str:
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, str):
        return names.get(value) or (value[:8] if _FINGERPRINT.fullmatch(value) else value)
    if isinstance(value, list | tuple):
        return f"[{','.join(_shown(item, names) for item in value)}]"
    return json.dumps(value)


def _distinct(titles: Mapping[str, str]) -> dict[str, str]:
    """Returns the titles; those that two experiments share with the first digits of the fingerprint."""
    uses = Counter(titles.values())
    return {key: title if uses[title] == 1 else f"{title} {key[:8]}" for key, title in titles.items()}


def _clashes(texts: Sequence[str]) -> list[list[int]]:
    """Returns the indices of equal texts, group by group."""
    groups: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        groups.setdefault(text, []).append(index)
    return [group for group in groups.values() if len(group) > 1]
