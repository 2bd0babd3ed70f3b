"""`names models`: every network with its size and layers for a dataset, or all layers of one network."""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from Arch.cli.shared.plugin_option import rules_with_plugins
from Arch.cli.shared.results import workspace_of
from Arch.datasets.sources.catalogue import CATALOGUE
from Arch.errors import ConfigError, ModelError, UnknownNameError
from Arch.escaping import printable
from Arch.planning.workspace import Workspace
from Arch.report.columns import aligned

if TYPE_CHECKING:
    from Arch.models.overview import Overview

_MAPS = re.compile(r"(\d+)x(\d+)x(\d+)")
_VECTORS = re.compile(r"(\d+) numbers")
_DEFAULT_DATASET = "CIFAR10"


def show_models(options: argparse.Namespace) -> int:
    """Prints the networks that a name or pattern selects; without one, all built-in networks.

    Raises:
        UnknownNameError: there is no such network or dataset.
        ConfigError: the shape of the dataset's samples is known only once it is read.
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
    from Arch.models import MODELS  # imports torch, which the other kinds of names do not need

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
            print(printable(f"{name:<{width}}  {row['error']}"), flush=True)
            continue
        layers = row["layers"] if not row["obstacle"] else f"{row['layers']}*"
        standard = ", ".join(map(str, row["standard"]))
        print(f"{name:<{width}}  {row['parameters']:>12,}  {layers:>6}  {standard}", flush=True)


def _show_line(name: str, options: argparse.Namespace) -> None:
    overview, shape, classes = _measured(name, options)
    if options.json:
        line = [dataclasses.asdict(each) for each in overview.layers]
        print(json.dumps(_facts(name, overview) | {"shape": shape, "classes": classes, "line": line}, indent=1))
        return
    print(f"{name} for images {_text(shape)} and {classes} classes: {overview.parameters:,} parameters")
    if overview.obstacle:
        print(printable(f"It cannot be cut; hooks watch these modules. {overview.obstacle}"))
    rows = [
        (f"{index}{'*' if index in overview.standard else ' '}", each.name, _text(each.shape), f"{each.parameters:,}")
        for index, each in enumerate(overview.layers)
    ]
    if not overview.obstacle:
        head = overview.parameters - sum(each.parameters for each in overview.layers)
        rows.append(("", "head", str(classes), f"{head:,}"))
    print("\n".join(aligned(rows, "><>>")))
    print("* standard layer")


def _row(name: str, options: argparse.Namespace) -> dict[str, Any]:
    try:
        return _facts(name, _measured(name, options)[0])
    except ModelError as error:  # one network that cannot take such images must not hide the others
        return {"name": name, "error": str(error)}


def _facts(name: str, overview: Overview) -> dict[str, Any]:
    return {
        "name": name,
        "parameters": overview.parameters,
        "layers": len(overview.layers),
        "standard": list(overview.standard),
        "obstacle": overview.obstacle,
    }


def _measured(name: str, options: argparse.Namespace) -> tuple[Overview, tuple[int, ...], int]:
    from Arch.models import MODELS  # imports torch, as above
    from Arch.models.overview import overview

    workspace = workspace_of(options)
    dataset = _dataset(workspace, options.dataset)
    plugins = [each.code.path for each in rules_with_plugins(workspace.resolver, options).plugins]
    raw = {"Dataset": _DEFAULT_DATASET, "Model": name, "Plugins": plugins}
    config = workspace.resolver.resolve(raw, overrides=options.set)
    shape, classes = _samples(dataset, config["DownSample"])
    return overview(config.fill(MODELS[name], name), shape, classes, name=name), shape, classes


def _dataset(workspace: Workspace, name: str | None) -> str:
    schema = workspace.resolver.rules.keys["Dataset"].schema
    name = schema.aliases.get(name or _DEFAULT_DATASET, name or _DEFAULT_DATASET)
    if name not in CATALOGUE:
        raise UnknownNameError("dataset", name, CATALOGUE)
    return name


def _samples(dataset: str, down_sample: int) -> tuple[tuple[int, ...], int]:
    """Returns the shape (C, H, W) of a dataset's samples, and the number of classes."""
    facts = CATALOGUE[dataset]
    shape: tuple[int, ...] = ()
    if maps := _MAPS.fullmatch(facts.shape):
        shape = tuple(int(each) for each in maps.groups())
    elif vectors := _VECTORS.fullmatch(facts.shape):
        shape = (int(vectors[1]), 1, 1)
    elif facts.customary_size:
        shape = (3, facts.customary_size, facts.customary_size)
    if not shape or not facts.classes:
        raise ConfigError(
            f"the shape of the samples of {dataset} is known only once it is read: give another --dataset."
        )
    return (shape[0], down_sample, down_sample) if down_sample > 0 else shape, facts.classes


def _text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
