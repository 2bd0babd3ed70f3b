"""Compares this cache with others: checks whether each of 10,000 configs is cached, and builds a table of all results.

Each is used as its documentation shows: a signac project with a job document, a function under `joblib.Memory`, an
exca `TaskInfra` on a pydantic model. All run in one process with everything imported and 10,000 results on disk;
`BENCH_ENTRIES` changes the number. A slow one gets fewer entries, and its time is scaled up, which its line states.
"""

import contextlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from Arch.planning.plan import make_plan
from Arch.planning.selection import selected_entries
from Arch.planning.words import configs
from Arch.planning.workspace import Workspace
from Arch.report import export
from benchmarks.bench_ten_thousand import floor
from benchmarks.machine import machine
from benchmarks.ten_thousand import documents, fill_cache, write_configs

ENTRIES = int(os.environ.get("BENCH_ENTRIES", "10000"))
FEW = 500  # entries of caches that would take minutes
REPEATS = 3
Values = Mapping[str, Any]


class Known(NamedTuple):
    """A task that was measured in another process."""

    seconds: float


class Contestant(NamedTuple):
    """A cache that holds a result for each of `entries` configs.

    Attributes:
        entries: the number of results.
        check: counts the configs that are cached.
        table: returns a row for each.
    """

    entries: int
    check: Callable[[], int] | Known
    table: Callable[[], list[Any]] | Known


def main() -> None:
    """Fills and measures one cache after the other, and prints the fastest of three times."""
    print(machine())
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
        least = ENTRIES / 10_000 * min(floor(folder).wall for _ in range(REPEATS))
        print(f"{'':<34}{'check all':>10}{'ratio':>8}{'table':>10}{'ratio':>8}")
        print(f"{'canonical JSON, hash, one look':<34}{least:9.2f}s{1:8.1f}")
        for name, prepare in CONTESTANTS.items():
            try:
                contestant = prepare(Path(folder, name))
            except ImportError as problem:
                print(f"{name:<34}not installed ({problem}): pip install -e '.[bench]'")
                continue
            scale = ENTRIES / contestant.entries
            seconds = [scale * fastest(contestant, task) for task in (contestant.check, contestant.table)]
            note = f" ({contestant.entries}, scaled)" if scale != 1 else ""
            print(f"{name + note:<34}" + "".join(f"{each:9.2f}s{each / least:8.1f}" for each in seconds))


def fastest(contestant: Contestant, task: Callable[[], Any] | Known) -> float:
    """Returns the shortest time of a task in seconds, and checks that it handled all entries."""
    if isinstance(task, Known):
        return task.seconds
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        done = task()
        times.append(time.perf_counter() - start)
        count = done if isinstance(done, int) else len(done)
        assert count == contestant.entries, f"{count} of {contestant.entries}"  # noqa: S101
    return min(times)


def result(values: Values) -> dict[str, float]:
    """Returns the scores that a training would have had."""
    return {"accuracy": values["Temperature"] / 1000, "nll": 0.5, "ece": 0.125, "seconds": 12.5}


def ours(folder: Path) -> Contestant:
    """Sets up this project: the plan of a folder of config files, and a row per run."""
    write_configs(folder / "configs", ENTRIES)
    fill_cache(folder / "cache", folder / "configs")

    def check() -> int:
        workspace = Workspace.at(folder / "cache")
        plan = make_plan(configs(workspace, [str(folder / "configs")]), workspace.store)
        return sum(step.is_done for step in plan.steps)

    def table() -> list[Any]:
        return list(export.rows(selected_entries(Workspace.at(folder / "cache"), []), []))

    return Contestant(ENTRIES, check, table)


def ours_in_memory(folder: Path) -> Contestant:
    """Sets up this project with configs in memory, as the others have them; a row of scores for each."""
    write_configs(folder / "configs", ENTRIES)
    fill_cache(folder / "cache", folder / "configs")

    def looked_up() -> Iterator[tuple[Values, Any]]:
        workspace = Workspace.at(folder / "cache")
        snapshot = workspace.store.snapshot()
        for values in documents(ENTRIES):
            config = workspace.resolver.resolve(values)
            yield values, snapshot.status(config, 1).is_done and workspace.store.entry(config)

    return Contestant(
        ENTRIES,
        lambda: sum(bool(entry) for _, entry in looked_up()),
        lambda: [{**values, **entry.result().scores[0]} for values, entry in looked_up()],
    )


def signac_project(folder: Path) -> Contestant:
    """Sets up a signac job per config, with its results in the job's document."""
    import signac

    project = signac.init_project(folder)
    for values in documents(ENTRIES):
        project.open_job(values).init().document.update(result(values))

    def check() -> int:
        fresh = signac.get_project(folder)
        return sum(fresh.open_job(values).isfile("signac_job_document.json") for values in documents(ENTRIES))

    def table() -> list[Any]:
        return [{**job.statepoint(), **job.document()} for job in signac.get_project(folder)]

    return Contestant(ENTRIES, check, table)


def joblib_memory(folder: Path) -> Contestant:
    """Sets up a memoised function of the config."""
    import joblib

    train = joblib.Memory(folder, verbose=0).cache(result)
    found = list(documents(ENTRIES))
    for values in found:
        train(values)
    return Contestant(
        ENTRIES,
        lambda: sum(train.check_call_in_cache(values) for values in found),
        lambda: [{**values, **train(values)} for values in found],
    )


def exca_task(folder: Path) -> Contestant:
    """Sets up a pydantic model with a task that is cached in a folder."""
    import exca
    import pydantic

    class Train(pydantic.BaseModel):
        values: dict[str, Any]
        infra: exca.TaskInfra = exca.TaskInfra(version="1")

        @infra.apply
        def result(self) -> dict[str, float]:
            return result(self.values)

    def tasks() -> Iterator[Train]:
        for values in documents(FEW):
            yield Train(values=values, infra={"folder": folder})  # type: ignore[arg-type]  # exca's documented way

    for task in tasks():
        task.result()
    return Contestant(
        FEW,
        lambda: sum(task.infra.status() == "completed" for task in tasks()),
        lambda: [{**task.values, **task.result()} for task in tasks()],
    )


def experimaestro_experiment(folder: Path) -> Contestant:
    """Measures the cost of one more task of an experiment, whose start takes seconds."""
    if importlib.util.find_spec("experimaestro") is None:
        raise ImportError("no module named 'experimaestro'")

    def seconds(count: int, *words: str) -> list[float]:
        program = str(Path(__file__).parent / "experimaestro_runs.py")
        command = [sys.executable, program, str(folder), str(count), *words]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        answer: list[float] = json.loads(done.stdout.splitlines()[-1])
        return answer

    seconds(1)
    seconds(FEW, "copy")
    one, all_of_them = (
        [min(each) for each in zip(*(seconds(n) for _ in range(REPEATS)), strict=True)] for n in (1, FEW)
    )
    share = FEW / (FEW - 1)
    return Contestant(FEW, *(Known(share * (more - less)) for less, more in zip(one[1:], all_of_them[1:], strict=True)))


CONTESTANTS: dict[str, Callable[[Path], Contestant]] = {
    "this project, config files": ours,
    "this project, in memory": ours_in_memory,
    "signac": signac_project,
    "joblib.Memory": joblib_memory,
    "exca TaskInfra": exca_task,
    "experimaestro": experimaestro_experiment,
}


if __name__ == "__main__":
    with contextlib.redirect_stderr(io.StringIO()):  # their progress bars and warnings
        main()
