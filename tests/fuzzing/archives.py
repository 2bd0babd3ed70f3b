"""Damaged and hostile data: archives, arrays, images and lists that are read from DataPath or unpacked by `fetch`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

from tests.fuzzing.command import Command
from tests.fuzzing.kind import Kind, Run, Trial
from tests.fuzzing.odd_archives import odd_array, odd_tar, odd_zip
from tests.fuzzing.odd_files import change_bytes, change_place, to_link
from tests.fuzzing.safetensors_headers import lie
from tests.fuzzing.sandbox import Sandbox
from tests.fuzzing.servers import write_script
from tests.repository import ROOT

_WHERE = ("--cache", "cache", "--data", "data", "--device", "cpu", "--threads", "1")
_TINY = {"Model": "MLP", "MLPWidths": [2], "MaxLR": 0.01, "BatchSize": 4, "NumEpochs": 1}
_USES = {
    "arrays.npz": {"Dataset": "Arrays", "DataName": "A"},
    "small.npz": {"Dataset": "Arrays", "DataName": "A"},
    "arrays.safetensors": {"Dataset": "Arrays", "DataName": "A"},
    "embeddings.npz": {"Dataset": "SUB"},
    "embeddings.pt": {"Dataset": "SUB"},
    "images.zip": {"Dataset": "ImageFolder", "DataName": "A", "DownSample": 8},
    "images": {"Dataset": "ImageFolder", "DataName": "A", "DownSample": 8},
    "cars": {"Dataset": "StanfordCars", "DownSample": 8},
    "tiny": {"Dataset": "TinyImageNet"},
}
_UNPACKED = ("data.zip", "data.tar", "data.tar.gz", "data.tgz", "data.tar.bz2")
_MADE = ("cache", "cache/*", "data", "data/*")


def _prepare(sandbox: Sandbox, _: Run) -> None:
    (sandbox.input / "given").mkdir()
    words = [sys.executable, "-m", "tests.fuzzing.archive_files", str(sandbox.input / "given")]
    subprocess.run(words, cwd=ROOT, check=True)
    (sandbox.input / "data").mkdir()
    write_script(sandbox, "data.zip", (sandbox.input / "given" / "images.zip").read_bytes(), [{}])


def _mutate(rng: Random, sandbox: Sandbox) -> Trial:
    if rng.random() < 0.3:
        return _unpacked(rng, sandbox)
    given = sandbox.input / "given"
    name = rng.choice([name for name in _USES if (given / name).exists()])
    path = given / name
    if path.is_dir():
        path = rng.choice(sorted(each for each in path.rglob("*") if each.is_file()))
    words = _changed(rng, path, sandbox)
    config = {**_TINY, **_USES[name], "DataPath": f"given/{name}"}
    (sandbox.input / "config.json").write_text(json.dumps(config))
    trains = Command(("-c", "config.json", *_WHERE), uses_torch=True, writes=_MADE)
    looks = ("--cache", "cache", "--data", "data")
    rest = [
        Command((verb, "config.json", *looks), writes=("cache/*/*Result.json*",)) for verb in ("plan", "show", "status")
    ]
    return Trial(f"{path.relative_to(given)}: {words}", (trains, *rest, trains), reads_canary=True)


def _changed(rng: Random, path: Path, sandbox: Sandbox) -> str:
    kind = rng.random()
    if kind < 0.12:
        return change_place(rng, path, sandbox)
    if kind < 0.2:
        return to_link(rng, path, sandbox)
    if kind < 0.55 and path.suffix == ".npz":
        return odd_array(rng, path, sandbox)
    if kind < 0.8 and path.suffix in {".npz", ".zip"}:
        return odd_zip(rng, path, sandbox)
    if kind < 0.8 and path.suffix == ".safetensors":
        return lie(rng, path)
    return change_bytes(rng, path)


def _unpacked(rng: Random, sandbox: Sandbox) -> Trial:
    """Puts a downloaded archive where `fetch` finds and unpacks it."""
    name = rng.choice(_UNPACKED)
    work = sandbox.input / "data" / ".fetching" / "MNIST"
    work.mkdir(parents=True)
    if name.endswith(".zip"):
        shutil.copyfile(sandbox.input / "given" / "images.zip", work / name)
        words = odd_zip(rng, work / name, sandbox)
    else:
        words = odd_tar(rng, work / name, sandbox)
    if rng.random() < 0.3:
        words += "; " + change_bytes(rng, work / name)
    write_script(sandbox, name, b"", [{"status": 404, "fill": "no"}])
    fetch = Command(
        ("fetch", "MNIST", "--data", "data"), setup="tests.fuzzing.lying_server:start", writes=("data", "data/*")
    )
    return Trial(f"{name} to unpack: {words}", (fetch, fetch))


ARCHIVES = Kind("archives", 500, _prepare, _mutate)
