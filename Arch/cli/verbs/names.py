"""Lists the names that configs can use: keys, models, datasets, optimizers, figures, ... with one line each."""

from __future__ import annotations

import argparse
import json
from typing import Any

from Arch.cli.shared.dataset_lines import show_datasets
from Arch.cli.shared.model_lines import show_models
from Arch.cli.shared.plugin_option import add_config, add_plugin, rules_with_plugins, run_plugins
from Arch.cli.shared.results import workspace_of
from Arch.config.json_text import describe
from Arch.config.rules.declarations import KeyRule
from Arch.config.rules.rules import Rules
from Arch.errors import UnknownNameError
from Arch.figures import FIGURES
from Arch.registry.registry import Registry
from Arch.report.columns import aligned

EXAMPLES = """examples:
  main.py names                                   every kind and its names
  main.py names models                            one line each
  main.py names models --dataset CIFAR100         size, layers and customary layers of each for these images
  main.py names models ResNet34                   its layers in order; 'torchvision/*' lists a family
  main.py names datasets                          which are on disk, their size and place, and how to get the others
  main.py names keys Temperature                  a key: default, type, when it counts
  main.py names models --plugin my_file.py        with those of a plugin; -c my.json: with the config's Plugins
"""
KINDS = {
    "models": "Model",
    "datasets": "Dataset",
    "trainers": "Trainer",
    "optimizers": "Optimizer",
    "schedules": "LRScheduler",
    "normalizations": "Normalization",
    "precisions": "Precision",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument("kind", nargs="?", metavar="KIND", help=f"keys, figures, methods, {', '.join(KINDS)}")
    parser.add_argument("name", nargs="?", metavar="NAME", help="one name of that kind; for models also a pattern")
    parser.add_argument(
        "--dataset", metavar="NAME", help="for models: sizes for images of this dataset (default CIFAR10)"
    )
    add_config(parser)
    add_plugin(parser)


def run(options: argparse.Namespace) -> int:
    """Prints the names."""
    rules = rules_with_plugins(workspace_of(options).resolver, options)
    if options.kind not in (None, "keys"):
        run_plugins(rules, options)
    if options.kind is None:
        found = {kind: ", ".join(_names(kind, rules)) for kind in (*KINDS, "methods", "figures", "keys")}
    elif options.kind == "datasets":
        return show_datasets(rules.keys["Dataset"].schema, options)
    elif options.kind == "models" and (options.name or options.dataset):
        return show_models(options)
    else:
        found = _described(options.kind, rules)
        if options.name is not None:
            if options.name not in found:
                raise UnknownNameError(options.kind.removesuffix("s"), options.name, found)
            found = {options.name: found[options.name]}
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        print("\n".join(aligned(list(found.items()), "<<")))
    return 0


def _names(kind: str, rules: Rules) -> list[str]:
    if kind == "keys":
        return [f"{len(rules.keys)} of them"]
    if kind == "figures":
        return list(FIGURES)
    if kind == "methods":
        return ["`names methods` lists them"]  # listing them would import torch
    return list(rules.keys[KINDS[kind]].schema.choices)


def _described(kind: str, rules: Rules) -> dict[str, str]:
    if kind == "keys":
        return {name: _key(rule) for name, rule in rules.keys.items()}
    if kind == "figures":
        return {name: FIGURES.about(name) for name in FIGURES}
    registries = _registries()
    if kind in registries:
        found = {name: registries[kind].about(name) for name in registries[kind]}
    elif kind in KINDS:
        found = dict.fromkeys(rules.keys[KINDS[kind]].schema.choices, "")
    else:
        raise UnknownNameError("kind", kind, ("keys", "figures", "methods", *KINDS))
    planned = rules.keys[KINDS[kind]].schema.planned if kind in KINDS else {}
    return found | {name: f"(known, not implemented yet: {why})" for name, why in planned.items()}


def _registries() -> dict[str, Registry[Any]]:
    """Returns the registries by kind; these imports import torch."""
    from Arch.distillation import METHODS
    from Arch.models import MODELS
    from Arch.training import TRAINERS
    from Arch.training.fit.optimizers import OPTIMIZERS
    from Arch.training.fit.schedules import SCHEDULES

    return {
        "models": MODELS,
        "trainers": TRAINERS,
        "optimizers": OPTIMIZERS,
        "schedules": SCHEDULES,
        "methods": METHODS,
    }


def _key(rule: KeyRule) -> str:
    defaults = ", ".join(dict.fromkeys(describe(each.default) for each in rule.declarations))
    when = " or ".join(dict.fromkeys(each.when for each in rule.declarations))
    kind = "option" if rule.is_option else rule.schema.type
    return f"{rule.schema.about} [{kind}, default {defaults}, counts when {when}]".replace("when always", "always")
