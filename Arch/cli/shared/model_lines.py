"""`names models`: every network with its size and layers for a dataset, or one network's line of layers."""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from Arch.cli.shared.plugin_option import rules_with_plugins
from Arch.cli.shared.running import workspace_of
from Arch.datasets.sources.catalogue import CATALOGUE
from Arch.errors import ConfigError, ModelError, UnknownNameError
from Arch.report.columns import aligned

if TYPE_CHECKING:
    from Arch.models.overview import Overview
    from Arch.planning.workspace import Workspace

_MAPS = re.compile(r"(\d+)x(\d+)x(\d+)")
_VECTORS = re.compile(r"(\d+) numbers")
_CUSTOMARY = "CIFAR10"


def show_models(options: argparse.Namespace) -> int:
    """Prints the networks that the name, perhaps a pattern, selects; all of ours without one.

    Raises:
        UnknownNameError: there is no such network or dataset.
        ConfigError: it is not known what the dataset's samples look like.
    """
    names = list(_selected(options.name))
    if options.name is not None and len(names) == 1:
        _show_line(names[0], options)
    elif options.json:
        print(json.dumps([_row(name, options) for name in names], indent=1))
    else:
        _show_table(names, options)
    return 0


def _selected(pattern: str | None) -> Iterator[str]:
    from Arch.models import MODELS  # torch, which the other names do not need

    if pattern is None:
        yield from MODELS
        return
    if "*" not in pattern:
        if pattern not in MODELS:
            raise UnknownNameError("model", pattern, MODELS)
        yield pattern
        return
    known = [*MODELS, *(name for family in MODELS.families for name in MODELS.members(family))]
    found = [name for name in known if fnmatchcase(name, pattern)]
    if not found:
        raise UnknownNameError("model", pattern, known)
    yield from found


def _show_table(names: list[str], options: argparse.Namespace) -> None:
    width = max(len(name) for name in names)
    print(f"{'model':<{width}}  {'parameters':>12}  {'layers':>6}  standard layers")
    for name in names:
        row = _row(name, options)
        if "error" in row:
            print(f"{name:<{width}}  {row['error']}", flush=True)
            continue
        layers = row["layers"] if not row["obstacle"] else f"{row['layers']}*"
        standard = ", ".join(map(str, row["standard"]))
        print(f"{name:<{width}}  {row['parameters']:>12,}  {layers:>6}  {standard}", flush=True)


def _show_line(name: str, options: argparse.Namespace) -> None:
    seen, shape, classes = _look(name, options)
    if options.json:
        line = [dataclasses.asdict(each) for each in seen.layers]
        print(json.dumps(_facts(name, seen) | {"shape": shape, "classes": classes, "line": line}, indent=1))
        return
    print(f"{name} for images {_text(shape)} and {classes} classes: {seen.parameters:,} parameters")
    if seen.obstacle:
        print(f"It cannot be cut; hooks watch these modules. {seen.obstacle}")
    rows = [
        (f"{index}{'*' if index in seen.standard else ' '}", each.name, _text(each.shape), f"{each.parameters:,}")
        for index, each in enumerate(seen.layers)
    ]
    if not seen.obstacle:
        head = seen.parameters - sum(each.parameters for each in seen.layers)
        rows.append(("", "head", str(classes), f"{head:,}"))
    print("\n".join(aligned(rows, "><>>")))
    print("* standard layer")


def _row(name: str, options: argparse.Namespace) -> dict[str, Any]:
    try:
        return _facts(name, _look(name, options)[0])
    except ModelError as error:  # a network that does not read such images hides no other
        return {"name": name, "error": str(error)}


def _facts(name: str, seen: Overview) -> dict[str, Any]:
    return {
        "name": name,
        "parameters": seen.parameters,
        "layers": len(seen.layers),
        "standard": list(seen.standard),
        "obstacle": seen.obstacle,
    }


def _look(name: str, options: argparse.Namespace) -> tuple[Overview, tuple[int, ...], int]:
    from Arch.models import MODELS  # torch, as above
    from Arch.models.overview import overview

    workspace = workspace_of(options)
    dataset = _dataset(workspace, options.dataset)
    plugins = [each.code.path for each in rules_with_plugins(workspace.resolver, options).plugins]
    raw = {"Dataset": _CUSTOMARY, "Model": name, "Plugins": plugins}
    config = workspace.resolver.resolve(raw, overrides=options.set)
    shape, classes = _samples(dataset, config["DownSample"])
    return overview(config.fill(MODELS[name], name), shape, classes, name=name), shape, classes


def _dataset(workspace: Workspace, name: str | None) -> str:
    schema = workspace.resolver.rules.keys["Dataset"].schema
    name = schema.aliases.get(name or _CUSTOMARY, name or _CUSTOMARY)
    if name not in CATALOGUE:
        raise UnknownNameError("dataset", name, CATALOGUE)
    return name


def _samples(dataset: str, down_sample: int) -> tuple[tuple[int, ...], int]:
    """Shape (C, H, W) of a dataset's samples, and how many classes there are."""
    facts = CATALOGUE[dataset]
    shape: tuple[int, ...] = ()
    if maps := _MAPS.fullmatch(facts.shape):
        shape = tuple(int(each) for each in maps.groups())
    elif vectors := _VECTORS.fullmatch(facts.shape):
        shape = (int(vectors[1]), 1, 1)
    elif facts.customary_size:
        shape = (3, facts.customary_size, facts.customary_size)
    if not shape or not facts.classes:
        raise ConfigError(f"what {dataset} looks like is known only once it is read: give another --dataset.")
    return (shape[0], down_sample, down_sample) if down_sample > 0 else shape, facts.classes


def _text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
