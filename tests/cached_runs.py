"""Fixtures that put runs and attempts of real configs into a small cache, without training anything."""

import pytest

from Arch import files
from Arch.cache.attempts.failure import Failure
from Arch.cache.attempts.progress import Progress
from Arch.planning.workspace import Workspace
from Arch.types import Epoch, Run

TEACHER = {"Dataset": "Synthetic", "Model": "MLP", "MLPWidths": [6]}
STUDENT = {**TEACHER, "Seed": 1, "VanillaKD": True, "Teacher": TEACHER}


def cache_a_run(workspace, path):
    """Commits a run without epochs of the config in a file, made by the present versions; returns its entry."""
    config = workspace.resolver.load(path)
    entry = workspace.store.entry(config)
    entry.open(config)
    with entry.write_run(0) as writer:
        writer.commit(Run(0, config["Seed"], (), {"accuracy": 0.5}, 1.0, {"versions": dict(config.versions)}))
    return entry


@pytest.fixture
def workspace(tmp_path):
    """An empty cache under the repository's rules."""
    return Workspace.at(tmp_path / "cache", tmp_path / "data")


@pytest.fixture
def opened(workspace):
    """Opens the entry of a config."""

    def opened(raw):
        config = workspace.resolver.resolve(raw)
        entry = workspace.store.entry(config)
        entry.open(config)
        return entry

    return opened


@pytest.fixture
def commit(workspace, opened):
    """Commits a run of a config, made by components of the given versions, by default the current ones."""

    def commit(raw, index=0, *, accuracy=0.5, versions=None, **provenance):
        entry, config = opened(raw), workspace.resolver.resolve(raw)
        origin = {"device": "cpu", "threads": 1, "torch": "2.15.0", "commit": "abc", "made_from": {"Teacher": 1}}
        origin |= {"versions": dict(config.versions) if versions is None else versions, **provenance}
        epochs = tuple(Epoch(n, {"loss": 1 / n}, {"accuracy": accuracy / n}, {}, 0.1, 2.0) for n in (1, 2))
        with entry.write_run(index) as writer:
            files.write_synced(writer.folder / "log.txt", "".join(f"line {n}\n" for n in range(20)))
            writer.commit(Run(index, 0, epochs, {"accuracy": accuracy, "nll": 0.1 + 0.2}, 12.5, origin))
        return entry

    return commit


@pytest.fixture
def attempt(opened):
    """Takes the lease of a run; ends it with an error, as `stopped` or `crashed`, or not at all."""

    def attempt(raw, index=0, *, end="", error=None, epoch=3):
        entry = opened(raw)
        lease = entry.take(index, device="cpu 0", is_forced=True)
        work = entry.work(index)
        work.write_log("a beginning")
        work.save_progress(Progress(epoch, 10, 30, 100, 60.0, "2026-01-31T12:00:00Z", {"accuracy": 0.25}))
        if error is not None:
            work.record_failure(Failure.of(error, lease.index, lease.claim))
        if end:
            lease.end(end)
        return lease

    return attempt
