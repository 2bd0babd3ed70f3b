"""Measures networks on data: accuracy, calibration, confusion. Each evaluation is a cached experiment of its own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from Arch.cli.console.options import add_accept_unlike, path_of
from Arch.cli.shared.plugin_option import add_plugin_of_cached, workspace_with_plugins
from Arch.cli.shared.running import finish
from Arch.config.config import Config
from Arch.config.json_text import Source
from Arch.config.names import LIBRARIES
from Arch.errors import ArchError, ConfigError, PluginError
from Arch.escaping import printable
from Arch.planning.words import configs
from Arch.planning.workspace import Workspace
from Arch.report import export
from Arch.report.refusals import left_out
from Arch.report.unread_words import first_of

EXAMPLES = """examples:
  main.py evaluate 3f9a                            a cached experiment, every run, on the test samples of its own data
  main.py evaluate 3f9a --dataset CIFAR10-C --set Corruption=fog --set Severity=3
  main.py evaluate ExperimentConfigs/Quickstart --split train
  main.py evaluate torchvision/resnet18@IMAGENET1K_V1 --dataset ImageNet --set DownSample=224
  main.py evaluate resnet20@weights.pth --dataset CIFAR10 --normalization CIFAR
  main.py evaluate 3f9a --to scores.csv            the scores of each run as a row, too

Then: Plotfigs.py confusion reliability Trainer=Evaluation
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument(
        "what",
        nargs="+",
        metavar="WHAT",
        help="files, folders, fingerprint prefixes, Key=Value words, torchvision/NAME, timm/NAME (with @WEIGHTS), "
        "MODEL@FILE",
    )
    parser.add_argument(
        "--dataset", metavar="NAME", help="data to measure on (default: what the network was trained on)"
    )
    parser.add_argument("--split", choices=("test", "train"), default="test", help="which samples (default: test)")
    parser.add_argument("--run", type=int, metavar="I", help="only run I of an experiment (default: every run)")
    parser.add_argument("--weights", choices=("Last", "Best"), default="Last", help="of a run (default: Last)")
    parser.add_argument(
        "--normalization",
        choices=("Own", "Dataset", "Elementwise", "ImageNet", "CIFAR", "None"),
        default="Own",
        help="constants that normalise the images (default: Own)",
    )
    parser.add_argument(
        "--extra-logits", choices=("refuse", "ignore"), default="refuse", help="more logits than classes: ignore them"
    )
    parser.add_argument("--keep-logits", action="store_true", help="keep the logits of every sample")
    add_accept_unlike(parser)
    add_plugin_of_cached(parser)
    parser.add_argument("--threads", type=int, metavar="N", help="threads to compute with")
    parser.add_argument("--to", type=path_of, metavar="FILE", help=f"also write the rows: {', '.join(export.FORMATS)}")


def run(options: argparse.Namespace) -> int:
    """Evaluates what is not cached yet, and prints all scores."""
    if options.to is not None:
        export.check_format(options.to)
    workspace = workspace_with_plugins(options)
    others: list[str] = []
    asked = [each for words in _words(options.what) for each in _evaluations(workspace, words, options, others)]
    if not asked:
        raise ConfigError(f"no experiment of {' '.join(options.what)} trains a network that could be evaluated.")
    if others and not options.quiet:
        print(f"note: not evaluated, since it trains no network: {printable(first_of(others))}", file=sys.stderr)
    code = finish(workspace, asked, options)
    if options.to is not None:
        _write(workspace, [config for config, _ in asked], options)
    return code


def _words(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yields each foreign network separately, then the other words together: `Key=Value` words select among them."""
    foreign = [word for word in words if _is_foreign(word)]
    yield from ((word,) for word in foreign)
    others = tuple(word for word in words if word not in foreign)
    if others:
        yield others


def _is_foreign(word: str) -> bool:
    return word.startswith(LIBRARIES) or ("@" in word and "=" not in word.partition("@")[0])


def _evaluations(
    workspace: Workspace, words: tuple[str, ...], options: argparse.Namespace, others: list[str]
) -> Iterator[tuple[Config, str]]:
    """Yields the evaluations of the words; `others` receives the configs that train no network."""
    if _is_foreign(words[0]):
        yield _config(workspace, {"Network": words[0]}, options), words[0]
        return
    for network, label in configs(workspace, words):
        if "Model" not in network.active:  # an evaluation, say, among the configs of a folder
            others.append(label)
            continue
        yield _evaluation(workspace, network, label, options), label


def _evaluation(workspace: Workspace, network: Config, label: str, options: argparse.Namespace) -> Config:
    """Returns the config of the evaluation of an experiment, whose data may be those of a plugin.

    Raises:
        PluginError: a plugin that it needs is named by the cache alone.
    """
    named = workspace.with_plugins([path for path, each in network.plugins.items() if each.is_named])
    try:
        return _config(named, _of_experiment(workspace, network, label, options), options)
    except ConfigError:
        for each in network.plugins.values():
            if each.refusal:
                raise PluginError(f"{network.title} cannot be evaluated: {each.refusal}") from None
        raise


def _of_experiment(workspace: Workspace, network: Config, label: str, options: argparse.Namespace) -> dict[str, Any]:
    """Returns the keys of an evaluation that follow from the experiment that trained the network."""
    entry = workspace.store.entry(network)
    runs = max(len(entry.run_indices()), network.option("NumRuns"))
    which = {"NetworkRun": -1, "NumRuns": runs} if options.run is None else {"NetworkRun": options.run}
    # a file also says where the data are, which the training of missing runs needs
    reference = str(Path(label).absolute()) if Path(label).is_file() else entry.fingerprint
    data = _data_of(network) if options.dataset in (None, network["Dataset"]) else {}
    return {"Network": reference, **which, **data}


def _data_of(network: Config) -> dict[str, Any]:
    """Returns the keys of the data that a network was trained on, with their values."""
    path = network.option("DataPath")
    found = {key: network[key] for key in network.rules.data_keys if key in network.active}
    return {**found, **({"DataPath": str(network.resolve_path(path))} if path else {})}


def _config(workspace: Workspace, given: Mapping[str, Any], options: argparse.Namespace) -> Config:
    """Returns the config of an evaluation, from the given keys and the options of the command line."""
    if options.dataset is None and "Dataset" not in given:
        raise ConfigError(f"{given['Network']} does not say what data it is for: name some with --dataset.")
    asked = {
        **given,
        "Trainer": "Evaluation",
        "Dataset": options.dataset or given["Dataset"],
        "Split": options.split,
        "NetworkNormalization": options.normalization,
        "ExtraLogits": options.extra_logits.capitalize(),
        "KeepLogits": options.keep_logits,
    }
    if "NetworkRun" in given:
        asked["NetworkWeights"] = options.weights
    source = Source("evaluate", is_written=False)  # the given keys follow from the network, and may not count here
    return workspace.resolver.resolve(asked, source=source, overrides=options.set)


def _write(workspace: Workspace, configs: Sequence[Config], options: argparse.Namespace) -> None:
    unreadable: list[ArchError] = []
    entries = [workspace.store.entry(config) for config in configs]
    table = list(export.rows([entry for entry in entries if entry.exists], unreadable))
    for line in left_out(unreadable):
        print(line, file=sys.stderr)
    if table:
        export.write(options.to, table)
        if not options.quiet:
            print(printable(f"{options.to}: {len(table)} rows"))
