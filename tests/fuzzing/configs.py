"""Configs with wrong values, names, references and bytes, under the verbs that read configs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random

from tests.fuzzing.command import Command
from tests.fuzzing.documents import change_document, shown
from tests.fuzzing.kind import Kind, Run, Trial
from tests.fuzzing.odd_files import change_bytes, change_place
from tests.fuzzing.odd_values import NUMBERS, TEXTS, nested, odd_value, planted_paths
from tests.fuzzing.sandbox import Sandbox
from tests.fuzzing.strictness import KEYS, is_damaged
from tests.golden.copies import golden_copy

NAMES = ("teacher", "plain", "taught", "taught_from_file", "in_hand", "diverging", "without_data", "plugin")
_WHERE = ("--cache", "cache", "--data", "data", "--device", "cpu", "--threads", "1")
_LOOKS = ("--cache", "cache", "--data", "data")
_DERIVED = "cache/*/*Result.json*"
_REFERENCES = ("Teacher", "PreTrainedFrom", "DataPath", "Plugins", "TeacherWeights", "TeacherRun")


def _prepare(sandbox: Sandbox, _: Run) -> None:
    golden_copy(sandbox.input)
    (sandbox.input / "sweep").mkdir()
    (sandbox.input / "sweep" / "sound.json").write_text((sandbox.input / "configs/teacher.json").read_text())


def _mutate(rng: Random, sandbox: Sandbox) -> Trial:
    path = sandbox.input / "configs" / f"{rng.choice(NAMES)}.json"
    if rng.random() < 0.1:
        return _by_word(rng, sandbox, path)
    changes = [rng.choices(_CHANGES, _WEIGHTS)[0](rng, path, sandbox) for _ in range(rng.choice((1, 1, 1, 2)))]
    words = "; ".join(changes)
    is_sure = is_damaged(path) or changes[-1].startswith("damaged: ")  # a later change can repair an earlier one
    is_short = path.stem == "without_data" and " teachers" not in words  # what trains within a second, if it does
    commands = _commands(path, sandbox, is_sure=is_sure, is_short=is_short)
    return Trial(f"{path.name}: {words}", commands, reads_canary=True)


def _commands(path: Path, sandbox: Sandbox, *, is_sure: bool, is_short: bool) -> tuple[Command, ...]:
    file = str(path.relative_to(sandbox.input))
    other = "configs/teacher.json" if path.stem != "teacher" else "configs/plain.json"
    lines = [
        ["plan", file],
        ["explain", file],
        ["diff", file, other],
        ["diff", other, file],
        ["explain", file, "--json"],
    ]
    found = [Command((*line, *_LOOKS), writes=(_DERIVED,), must_fail=is_sure) for line in lines]
    found += [Command((verb, file, *_LOOKS), writes=(_DERIVED,)) for verb in ("status", "show")]
    grid = ("grid", file, "Seed=0,1", "--to", "grids", *_LOOKS)
    found.append(Command(grid, writes=("grids", "grids/*"), must_fail=is_sure))
    made = ("cache/*",)
    if is_sure:
        _join_sweep(path, sandbox)
        found.append(Command(("-e", "sweep", *_WHERE), writes=made, must_fail=True))
    if is_sure or is_short:
        decoded = (*made, "data", "data/*")
        found.append(Command(("-c", file, *_WHERE), uses_torch=True, writes=decoded, must_fail=is_sure))
    return tuple(found)


def _join_sweep(path: Path, sandbox: Sandbox) -> None:
    """Puts the config beside a sound one that is cached."""
    target = sandbox.input / "sweep" / "z.json"
    if path.is_dir() or not os.path.lexists(path):
        target.symlink_to(f"../configs/{path.name}")
    else:
        os.link(path, target, follow_symlinks=False)


def _by_word(rng: Random, sandbox: Sandbox, path: Path) -> Trial:
    """Gives the odd value on the command line."""
    file = str(path.relative_to(sandbox.input))
    key = rng.choice((*KEYS, "Zebra", "", " ", "\x1b[31m"))
    value = odd_value(rng, sandbox) if rng.random() < 0.6 else rng.choice((*TEXTS, *planted_paths(sandbox), *NUMBERS))
    value = value.replace("\0", "").encode("utf-8", "replace").decode()[:100_000]
    if key == "Plugins":  # the user would run what is named
        key = "DataPath"
    is_sure = key in {"Zebra", "", " ", "\x1b[31m"}
    line = (f"{key}={value}", *_LOOKS)
    found = [
        Command((verb, file, "--set", *line), writes=(_DERIVED,), must_fail=is_sure) for verb in ("plan", "explain")
    ]
    found += [Command((verb, *line), writes=(_DERIVED,)) for verb in ("show", "status", "ls")]
    found.append(Command(("diff", file, line[0], *_LOOKS), writes=(_DERIVED,)))
    found.append(Command((line[0], *_LOOKS), must_fail=True))
    return Trial(f"the word {shown(key)}={shown(value)}", tuple(found), reads_canary=True)


def _key(rng: Random, path: Path, sandbox: Sandbox) -> str:
    """Gives a key of the rules an odd value, or misspells it."""
    document = _object(path)
    if document is None:
        return "unchanged"
    key, value = rng.choice(KEYS), odd_value(rng, sandbox)
    if key == "Plugins":
        key = "NumRuns"
    if rng.random() < 0.2:
        key = rng.choice(
            (key.lower(), key[:-1], f"{key} ", f"{key}\x1b[2J", f"\u202e{key}", key.replace("e", "\u0435"))
        )
    document.pop(key, None)
    body = json.dumps(document)[1:-1]
    path.write_text(f"{{{body}{', ' if body else ''}{json.dumps(key)}: {value}}}", encoding="utf-8")
    return f"{shown(key)} is {shown(value)}"


def _repeat(rng: Random, path: Path, _: Sandbox) -> str:
    document = _object(path)
    if not document:
        return "unchanged"
    key = rng.choice(list(document))
    path.write_text(f"{json.dumps(document)[:-1]}, {json.dumps(key)}: {json.dumps(document[key])}}}", encoding="utf-8")
    return f"damaged: {key} stands there twice"


def _encode(rng: Random, path: Path, _: Sandbox) -> str:
    if not path.is_file():
        return "unchanged"
    text = path.read_bytes().decode("utf-8", "replace")
    name = rng.choice(("utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-7"))
    path.write_bytes(text.encode(name))
    return f"encoded as {name}"


def _enlarge(rng: Random, path: Path, _: Sandbox) -> str:
    if not path.is_file():
        return "unchanged"
    text = path.read_bytes().decode("utf-8", "replace")
    size = rng.choice((100_000, 9_000_000, 11_000_000))
    key = rng.choice(("DataName", "Zebra", "Title", "Model"))
    more = rng.choice(
        (" " * size, f'"{key}": "{"x" * size}", ', f'"{"k" * size}": 1, ', '"Zebra": ' + "[0," * (size // 3))
    )
    path.write_text(text.replace("{", "{" + more, 1), encoding="utf-8")
    return f"{size} characters more: {more[:12]}..."


def _refer(rng: Random, path: Path, sandbox: Sandbox) -> str:
    """Gives a key that names a file, or a model, something that it cannot use."""
    document = _object(path)
    if document is None:
        return "unchanged"
    key = rng.choice(_REFERENCES)
    if not os.path.lexists(sandbox.input / "configs" / "loop.json"):
        os.mkfifo(sandbox.input / "configs" / "pipe.json")
        (sandbox.input / "configs" / "loop.json").symlink_to("loop.json")
    files = (
        path.name,
        ".",
        "..",
        "pipe.json",
        "loop.json",
        "nosuch.json",
        "../cache",
        "../weights/elsewhere.safetensors",
    )
    files += ("../../canary/secret.txt", "~nosuch/x", "~", "/dev/zero", "x" * 300, "\x1b[31m", "\u202e.json", "a\0b")
    target = rng.choice(
        (*files, *(f"MLP@{file}" for file in files), *(f"torchvision/resnet18@{file}" for file in files))
    )
    uses = {"VanillaKD": True} if key.startswith("Teacher") else {"PreTrained": True} if key == "PreTrainedFrom" else {}
    document |= {**uses, key: [target] if key == "Plugins" else target}
    path.write_text(json.dumps(document), encoding="utf-8")
    return f"{key} is {shown(target)}"


def _chain(rng: Random, path: Path, sandbox: Sandbox) -> str:
    """Makes a long chain of teachers, which may end where it begins."""
    if not path.is_file():  # an earlier change has put a pipe there, or nothing
        return "unchanged"
    length, is_circle = rng.choice((2, 30, 200, 1_000)), rng.random() < 0.5
    sound = {"Dataset": "Digits", "Model": "MLP", "MLPWidths": [4], "VanillaKD": True}
    folder = sandbox.input / "chain"
    folder.mkdir(exist_ok=True)
    for index in range(length):
        last = f"../configs/{path.name}" if is_circle else "MLP"
        teacher = f"{index + 1}.json" if index + 1 < length else last
        (folder / f"{index}.json").write_text(json.dumps({**sound, "Seed": index, "Teacher": teacher}))
    path.write_text(json.dumps({**sound, "Teacher": "../chain/0.json"}))
    return f"{'damaged: a circle' if is_circle else 'a chain'} of {length} teachers"


def _inline(rng: Random, path: Path, _: Sandbox) -> str:
    if not path.is_file():
        return "unchanged"
    depth = rng.choice((2, 20, 100, 400, 3_000))
    start = '{"Dataset": "Digits", "Model": "MLP", "VanillaKD": true, "Teacher": '
    path.write_text(start * depth + rng.choice(('"MLP"', nested(rng), "null")) + "}" * depth, encoding="utf-8")
    return f"{depth} teachers inside each other"


def _document(rng: Random, path: Path, sandbox: Sandbox) -> str:
    return change_document(rng, path, sandbox) if _object(path) else "unchanged"


def _bytes(rng: Random, path: Path, _: Sandbox) -> str:
    return change_bytes(rng, path) if path.is_file() else "unchanged"


def _place(rng: Random, path: Path, sandbox: Sandbox) -> str:
    return change_place(rng, path, sandbox) if path.is_file() else "unchanged"


def _object(path: Path) -> dict[str, object] | None:
    """Returns the object in a file, or None if an earlier change has damaged it."""
    return None if is_damaged(path) else json.loads(path.read_bytes().decode("utf-8-sig"))


_CHANGES = (_key, _document, _bytes, _place, _refer, _repeat, _encode, _enlarge, _chain, _inline)
_WEIGHTS = (30, 20, 14, 8, 14, 3, 3, 2, 2, 4)

CONFIGS = Kind("configs", 10_000, _prepare, _mutate)
