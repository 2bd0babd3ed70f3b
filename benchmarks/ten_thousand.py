"""Writes ten thousand config files of 57 active keys, and a cache in which each has one committed run."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from Arch import files
from Arch.cache import layout, summary
from Arch.cache.entry import Entry
from Arch.cache.runs import manifest
from Arch.cache.runs.records import run_document
from Arch.config.config import Config
from Arch.files import system_calls
from Arch.planning import words
from Arch.planning.workspace import Workspace
from Arch.types import Epoch, Run

ENTRIES = 10_000
KEYS = 57
BASE: dict[str, Any] = {
    "Dataset": "CIFAR10",
    "Model": "MLP",
    "VanillaKD": True,
    "FeatureKD": True,
    "Teacher": "resnet8",
    "Optimizer": "AdamW",
    "LRScheduler": "MultiStep",
}
PROVENANCE: dict[str, Any] = {
    "device": "cpu (a processor)",
    "threads": 1,
    "precision": "float32",
    "memory_format": "channels_last",
    "torch": "2.15.0+cu132",
    "python": "3.11.7",
    "platform": "Linux-6.18.44-x86_64-with-glibc2.36",
    "command": "Scripts/main.py -e ExperimentConfigs --cache /data/cache",
    "commit": "e01555926e664e2b182dd81584c05c7d802e6fca",
    "is_edited": False,
    "data_digest": "8ce1e4a98b8bc2e895a7987ce23ac5bf1ee355953092d9ba33ad10d5d0faf521",
    "normalization": "f2ec76272edbe3a4",
    "input_shape": [3, 8, 8],
    "classes": 10,
    "class_names": [f"class {number}" for number in range(10)],
    "train_samples": 50_000,
    "seeds": {"order": 5821926085217484743, "augmentation": 526019442474623966, "initialisation": 644895639755137231},
    "steps_per_epoch": 391,
}


def documents(count: int = ENTRIES) -> Iterator[dict[str, Any]]:
    """Yields configs that differ in seed and temperature and state every active key."""
    active = {**_active(), "Teacher": "resnet8"}
    for seed, step in itertools.islice(itertools.product(range(50), range(-(-count // 50))), count):
        yield {**active, "Seed": seed, "Temperature": 1 + step / 10}


def write_configs(folder: Path, count: int = ENTRIES) -> None:
    """Writes these configs as files, in fifty folders."""
    for number, document in enumerate(documents(count)):
        place = folder / f"{document['Seed']:02d}" / f"{number:05d}.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(document, indent=4))


def fill_cache(cache: Path, configs: Path) -> list[Config]:
    """Writes one finished run for every config, without fsync, and returns the configs.

    The first is committed through the store; the others' files are written directly under the same names.
    """
    workspace = Workspace.at(cache)
    found = [config for config, _ in words.configs(workspace, [str(configs)])]
    step, system_calls._step = system_calls._step, _without_fsync
    try:
        for number, config in enumerate(found):
            entry = workspace.store.entry(config)
            (_commit if number == 0 else _put)(entry, config, _run(config, number))
    finally:
        system_calls._step = step
    shapes = {names_below(workspace.store.entry(config).path) for config in (found[0], found[-1])}
    assert len(shapes) == 1, f"the store's layout of a run has changed: {shapes}"  # noqa: S101
    return found


def names_below(folder: Path) -> tuple[str, ...]:
    """Returns the files in a folder and its subfolders."""
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))


def _commit(entry: Entry, config: Config, run: Run) -> None:
    entry.open(config)
    with entry.write_run(0) as writer:
        files.write_synced(writer.folder / "Last.safetensors", b"")
        writer.commit(run)


def _put(entry: Entry, config: Config, run: Run) -> None:
    folder = entry.path / "Runs" / layout.run_name(0)
    folder.mkdir(parents=True)
    files.write_synced(entry.path / layout.CONFIG, files.json_text(config.document()))
    files.write_synced(folder / "Last.safetensors", b"")
    files.write_synced(folder / layout.RUN, files.json_text(run_document(run)))
    manifest.write(folder)
    files.write_synced(entry.path / layout.RESULT, files.json_text(summary._document(entry, (0,))))


def _run(config: Config, number: int) -> Run:
    scores = {"accuracy": (number % 1000) / 1000, "nll": 1 / (1 + number), "ece": 0.125, "teacher_accuracy": 0.75}
    epochs = tuple(Epoch(each, {"loss": 1.25, "accuracy": 0.5}, scores, {}, 0.1, 2.0) for each in range(1, 6))
    origin = {
        "versions": dict(config.versions),
        "made_from": {"Teacher": {"run": 0, "weights": "Last", "digest": 64 * "a"}},
    }
    return Run(0, config["Seed"], epochs, scores, 12.5, {**PROVENANCE, **origin})


def _active() -> dict[str, Any]:
    """Returns the active keys of `BASE`, with their values."""
    active = dict(Workspace.at().resolver.resolve(BASE).active)
    assert len(active) == KEYS, f"expected {KEYS} active keys, found {len(active)}: change BASE"  # noqa: S101
    return active


def _without_fsync(
    verb: system_calls.Verb,  # noqa: ARG001
    path: system_calls.AnyPath,  # noqa: ARG001
    function: Callable[..., Any],
    *arguments: Any,
) -> Any:
    """Runs a file-system call, except fsync."""
    return None if function is os.fsync else function(*arguments)
