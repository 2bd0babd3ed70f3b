"""A small cache with every kind of record, and what may be wrong with each."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from Arch import files
from Arch.cache.attempts.failure import Failure
from Arch.cache.attempts.progress import Progress
from Arch.planning.workspace import Workspace
from Arch.types import ArrayInfo, Epoch, Run

TEACHER = {"Dataset": "Synthetic", "Model": "MLP", "MLPWidths": [6]}
STUDENT = {**TEACHER, "Seed": 1, "VanillaKD": True, "Teacher": TEACHER}
OTHER = {**TEACHER, "Seed": 7}
RECORDS = (
    "Config.json",
    "Result.json",
    "Runs/000/Run.json",
    "Runs/000/manifest.json",
    "Work/002/Failure.json",
    "Work/002/Progress.json",
    "Claims/002/000001.json",
)
FILES = (*RECORDS, "Runs/000/log.txt", "Runs/000/Arrays.safetensors", "Work/002/log.txt", "Work/002/checkpoint-0")
# JSON texts, of which each is wrong somewhere
VALUES = (
    "5", "-1", "1e999", "1" + "0" * 400, "1e300", "9" * 23, '"x"', '""', '"\\ud800"', "null", "true", "[]", "[1]", "{}",
    '{"a": 1}', '{"": []}', "[" * 300 + "]" * 300, '"' + "y" * 100_000 + '"',
)  # fmt: skip


@dataclass(frozen=True)
class Small:
    """The cache: a student whose records are damaged in turn, its teacher, and another experiment."""

    root: Path
    student: str
    teacher: str
    other: str

    @property
    def cache(self):
        return self.root / "cache"

    def path(self, name):
        return self.cache / self.student / name


def small_cache(root):
    """Makes the cache and a folder `configs` below a root."""
    workspace = Workspace.at(root / "cache", root / "data")
    (root / "configs").mkdir()
    for name, raw in (("student", STUDENT), ("teacher", TEACHER)):
        (root / f"configs/{name}.json").write_text(json.dumps({**raw, "NumRuns": 3}))
    teacher, student, other = (_committed(workspace, raw) for raw in (TEACHER, STUDENT, OTHER))
    lease = student.take(2, device="cpu", is_forced=True)
    work = student.work(2)
    work.write_log("a beginning")
    work.save_progress(Progress(3, 10, 30, 100, 60.0, "2026-01-31T12:00:00Z", {"accuracy": 0.25}))
    work.checkpoints.save(3, b"a state")
    work.record_failure(Failure.of(ValueError("a mistake"), 2, lease.claim))
    lease.end("failed")
    return Small(root, student.fingerprint, teacher.fingerprint, other.fingerprint)


def places_in(document, at=()):
    """Yields the path of each member of a document, of lists the first element only."""
    yield at
    if isinstance(document, dict):
        for name, member in document.items():
            yield from places_in(member, (*at, name))
    elif isinstance(document, list) and document:
        yield from places_in(document[0], (*at, 0))


def changed(document, at, text):
    """Returns a document as text, with a JSON text in place of the member at a path; without it if that is None."""
    if not at:
        return text or ""
    copy = json.loads(json.dumps(document))
    inside = copy
    for name in at[:-1]:
        inside = inside[name]
    inside[at[-1]] = "@"
    if text is None:
        del inside[at[-1]]
    return json.dumps(copy).replace('"@"', text or "")


def _committed(workspace, raw):
    config = workspace.resolver.resolve(raw)
    entry = workspace.store.entry(config)
    entry.open(config)
    same = {"device": "cpu", "threads": 1, "torch": "2.15.0"}
    origin = {**same, "headline": "accuracy", "sessions": [same], "made_from": {"Teacher": {"run": 0}}}
    origin |= {
        "versions": dict(config.versions),
        "class_names": ["a", "b"],
        "accepted_unlike": {"Teacher weights": ["a", "b"]},
        "host": "here",
        "is_edited": False,
    }
    epochs = tuple(Epoch(n, {"loss": 1 / n}, {"accuracy": 0.5 / n}, {}, 0.1, 2.0) for n in (1, 2))
    arrays = {"confusion": ArrayInfo(("class", "predicted class"), "number of samples")}
    for index in range(2):
        with entry.write_run(index) as writer:
            files.write_synced(writer.folder / "log.txt", "a line\n" * 20)
            save_file({"confusion": np.ones((2, 2), np.int64)}, writer.folder / "Arrays.safetensors")
            writer.commit(Run(index, 0, epochs, {"accuracy": 0.5, "nll": 0.3}, 12.5, origin, arrays))
    return entry
