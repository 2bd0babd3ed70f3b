"""Damaged and hostile weight files, as the weights that a network begins from, a teacher's, and those to measure."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

from tests.fuzzing.command import Command
from tests.fuzzing.kind import Kind, Run, Trial
from tests.fuzzing.odd_files import change_bytes, change_place
from tests.fuzzing.safetensors_headers import lie
from tests.fuzzing.sandbox import Sandbox
from tests.fuzzing.weight_names import HARMLESS, SOUND
from tests.golden.outputs import GOLDEN
from tests.repository import ROOT

_WHERE = ("--cache", "cache", "--data", "data", "--device", "cpu", "--threads", "1")
_TINY = {"Dataset": "Digits", "Model": "MLP", "MLPWidths": [4], "TrainSamples": 100, "MaxLR": 0.01, "BatchSize": 50}
_TINY |= {"NumEpochs": 1}
_MADE = ("cache", "cache/*")


def _prepare(sandbox: Sandbox, _: Run) -> None:
    folder = sandbox.input / "weights"
    folder.mkdir()
    words = [
        sys.executable,
        "-m",
        "tests.fuzzing.weight_files",
        str(folder),
        str(GOLDEN / "weights/elsewhere.safetensors"),
    ]
    subprocess.run(words, cwd=ROOT, check=True)
    (sandbox.input / "configs").mkdir()


def _mutate(rng: Random, sandbox: Sandbox) -> Trial:
    names = sorted(path.name for path in (sandbox.input / "weights").iterdir())
    source = sandbox.input / "weights" / rng.choice((*SOUND, *SOUND, *names, *names))
    path = sandbox.input / f"given{rng.choice((source.suffix,) * 8 + ('.pt', '.bin', '.safetensors', ''))}"
    shutil.copyfile(source, path)
    is_sure = source.name not in HARMLESS
    words = f"{source.name} as {path.name}"
    if rng.random() < (0.3 if is_sure else 0.9):
        change, makes_sure = _changed(rng, path, sandbox)
        words, is_sure = f"{words}: {change}", is_sure or makes_sure
    shutil.rmtree(sandbox.input / "weights")
    return Trial(words, tuple(_commands(rng, sandbox, path.name, is_sure=is_sure)), reads_canary=True)


def _changed(rng: Random, path: Path, sandbox: Sandbox) -> tuple[str, bool]:
    """Damages a file; returns what was changed, and whether it is damaged beyond doubt."""
    if rng.random() < 0.15:
        return change_place(rng, path, sandbox), True
    if path.read_bytes()[8:9] == b"{" and rng.random() < 0.5:
        return lie(rng, path), False
    return change_bytes(rng, path), False


def _commands(rng: Random, sandbox: Sandbox, name: str, *, is_sure: bool) -> list[Command]:
    configs = {"begun": {"PreTrained": True, "PreTrainedFrom": f"MLP@../{name}"}}
    configs["taught"] = {"VanillaKD": True, "Teacher": f"MLP@../{name}"}
    for stem, more in configs.items():
        (sandbox.input / "configs" / f"{stem}.json").write_text(json.dumps({**_TINY, **more}))
    looks = ("--cache", "cache", "--data", "data")
    lines = [("-c", f"configs/{rng.choice(('begun', 'taught'))}.json")]
    lines.append(("evaluate", f"MLP@{name}", "--dataset", "Digits", "--set", "MLPWidths=[4]"))
    found = [Command(("explain", "configs/taught.json", *looks), writes=("cache/*/*Result.json*",))]
    found += [Command((*line, *_WHERE), uses_torch=True, writes=_MADE, must_fail=is_sure) for line in lines]
    return [*found, Command(("status", *looks), writes=("cache/*/*Result.json*",))]


WEIGHTS = Kind("weights", 500, _prepare, _mutate)
