"""A cache with damaged, planted and odd records, under all verbs that look or tidy up."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from tests.fuzzing.command import Command
from tests.fuzzing.documents import change_document
from tests.fuzzing.kind import Kind, Run, Trial
from tests.fuzzing.odd_files import change_bytes, change_place
from tests.fuzzing.odd_names import add_odd_name, rename_oddly
from tests.fuzzing.record_verbs import DEVICE, KEPT, WHERE, verbs_for
from tests.fuzzing.sandbox import Sandbox
from tests.golden.copies import fingerprint_of, golden_copy

_TINY = {"Dataset": "Digits", "Model": "MLP", "MLPWidths": [4], "TrainSamples": 100, "MaxLR": 0.01, "BatchSize": 50}


def _prepare(sandbox: Sandbox, run: Run) -> None:
    golden_copy(sandbox.input)
    configs = sandbox.input / "configs"
    (configs / "new_teacher.json").write_text(json.dumps({**_TINY, "NumEpochs": 1}))
    student = {**_TINY, "NumEpochs": 2, "Validation": 0.2, "VanillaKD": True, "Teacher": "new_teacher.json"}
    (configs / "new_student.json").write_text(json.dumps(student))
    trained = Command(("-c", "configs/new_student.json", *DEVICE), uses_torch=True, writes=("*",))
    measured = Command(("evaluate", "configs/new_teacher.json", *DEVICE), uses_torch=True, writes=("*",))
    looks = Command(("show", *WHERE), writes=("*",))
    removed = Command(("rm", "Trainer=Evaluation", "--apply", *WHERE), writes=("*",))
    for command in (trained, measured, removed, looks):
        outcome = run(command, sandbox)
        if outcome.code or outcome.events:
            raise RuntimeError(f"the sound cache cannot be made: {command}: {outcome}")
    _write_journal(sandbox.input / "cache")


def _write_journal(cache: Path) -> None:
    """Writes the journal of a rehash that has renamed the experiment of a failure."""
    name = fingerprint_of("diverging")
    text = (cache / name / "Config.json").read_text()
    move = {"From": "0" * 32, "To": name, "Before": text.replace('"Title"', ' "Title"'), "After": text, "Needs": []}
    (cache / ".rehash").mkdir()
    (cache / ".rehash" / "applied.json").write_text(json.dumps({"Time": "2026-01-31T12:00:00Z", "Moves": [move]}))


def _mutate(rng: Random, sandbox: Sandbox) -> Trial:
    cache = sandbox.input / "cache"
    files = sorted(path for path in cache.rglob("*") if path.is_file() and KEPT not in path.parts)
    path = _chosen(rng, files)
    name = str(path.relative_to(cache))
    kind = rng.choices(("document", "bytes", "place", "odd", "renamed"), (50, 20, 14, 14, 6))[0]
    if kind == "odd":
        words, name = add_odd_name(rng, cache, sandbox, KEPT), ""
    elif kind == "renamed":
        words, name = rename_oddly(rng, path, cache, sandbox), ""
    elif kind == "document" and path.suffix == ".json":
        words = "; ".join(change_document(rng, path, sandbox) for _ in range(rng.choice((1, 1, 2))))
    elif kind == "place":
        words = change_place(rng, path, sandbox)
    else:
        words = change_bytes(rng, path)
    if (cache / ".rehash" / "applied.json").is_file() and rng.random() < 0.3:
        phase = rng.choice(("applying", "undoing"))
        (cache / ".rehash" / "applied.json").rename(cache / ".rehash" / f"{phase}.json")
        words += f"; the journal is of the phase {phase}"
    has_link = any(path.is_symlink() for path in cache.rglob("*"))  # what a link leads to is read like anything else
    return Trial(f"{name}: {words}", tuple(verbs_for(rng, name)), reads_canary=has_link)


def _chosen(rng: Random, files: list[Path]) -> Path:
    """Chooses a file: first its name, so that rare kinds of records are as frequent as others."""
    names: dict[str, list[Path]] = {}
    for path in files:
        names.setdefault("plugin" if "Plugins" in path.parts else path.name, []).append(path)
    return rng.choice(names[rng.choice(sorted(names))])


RECORDS = Kind("records", 2_000, _prepare, _mutate)
