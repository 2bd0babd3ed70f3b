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
from tests.fuzzing.weight_names import HARMLESS, OTHER_HEAD, SOUND
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
    begins = source.name in OTHER_HEAD
    return Trial(words, tuple(_commands(rng, sandbox, path.name, is_sure=is_sure, begins=begins)), reads_canary=True)


def _changed(rng: Random, path: Path, sandbox: Sandbox) -> tuple[str, bool]:
    """Damages a file; returns what was changed, and whether it is damaged beyond doubt."""
    if rng.random() < 0.15:
        return change_place(rng, path, sandbox), True
    if path.read_bytes()[8:9] == b"{" and rng.random() < 0.5:
        return lie(rng, path), False
    return change_bytes(rng, path), False


def _commands(rng: Random, sandbox: Sandbox, name: str, *, is_sure: bool, begins: bool) -> list[Command]:
    """Returns the commands that read the weights.

    Args:
        rng: chooses one of the configs.
        sandbox: where these are written.
        name: the file of the weights.
        is_sure: whether it is damaged beyond doubt.
        begins: whether a network may begin from it nevertheless.
    """
    configs = {"begun": {"PreTrained": True, "PreTrainedFrom": f"MLP@../{name}"}}
    configs["taught"] = {"VanillaKD": True, "Teacher": f"MLP@../{name}"}
    for stem, more in configs.items():
        (sandbox.input / "configs" / f"{stem}.json").write_text(json.dumps({**_TINY, **more}))
    looks = ("--cache", "cache", "--data", "data")
    stem = rng.choice(("begun", "taught"))
    begun = ("-c", f"configs/{stem}.json", *_WHERE)
    measured = ("evaluate", f"MLP@{name}", "--dataset", "Digits", "--set", "MLPWidths=[4]", *_WHERE)
    found = [Command(("explain", "configs/taught.json", *looks), writes=("cache/*/*Result.json*",))]
    fails = is_sure and not (begins and stem == "begun")
    found.append(Command(begun, uses_torch=True, writes=_MADE, must_fail=fails))
    found.append(Command(measured, uses_torch=True, writes=_MADE, must_fail=is_sure))
    return [*found, Command(("status", *looks), writes=("cache/*/*Result.json*",))]


WEIGHTS = Kind("weights", 500, _prepare, _mutate)
