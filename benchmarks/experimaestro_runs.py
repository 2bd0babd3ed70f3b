"""Runs an experimaestro task for some configs, in a process of its own because its tasks must be importable.

`experimaestro_runs.py FOLDER COUNT` submits COUNT tasks, waits for them, reads their results, and prints the seconds of
submitting and waiting, and the total. Finished tasks are not run again. With a third argument it first copies the
folder of a finished task for all of them, because running each takes more than a second.
"""

import json
import os
import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from experimaestro import Param, Task, experiment

from benchmarks.ten_thousand import documents


class Train(Task):
    """A task that returns an accuracy at once."""

    values: Param[dict[str, str]]

    def execute(self) -> None:
        """Writes the result into the job's folder."""
        Path("result.json").write_text(json.dumps({"accuracy": float(self.values["Temperature"]) / 1000}))


def copy_done(folder: Path, count: int) -> None:
    """Copies the folder of the one finished task for every task."""
    jobs = folder / "jobs" / Train.C(values=texts(1)[0]).__xpmtype__.identifier.name
    [done] = jobs.iterdir()
    for values in texts(count):
        place = jobs / Train.C(values=values).__xpm__.identifier.all.hex()
        if place != done:
            shutil.copytree(done, place)


def texts(count: int) -> list[dict[str, str]]:
    """Returns the values of some configs, all as text, so that one parameter can hold them."""
    return [{key: str(value) for key, value in each.items()} for each in documents(count)]


def main(folder: str, count: int) -> None:
    """Submits the tasks, waits for them, and reads their results."""
    found = texts(count)
    start = time.perf_counter()
    with experiment(folder, "bench", no_environmental_impact=True) as running:
        running.setenv("PYTHONPATH", os.pathsep.join(sys.path[:2]))
        tasks = [Train.C(values=values).submit() for values in found]
        running.wait()
        checked = time.perf_counter() - start
        places = [Path(task.__xpm__.job.path) for task in tasks]
        rows = [
            values | json.loads((place / "result.json").read_text())
            for values, place in zip(found, places, strict=True)
        ]
    print(json.dumps([len(rows), checked, time.perf_counter() - start]))


if __name__ == "__main__":
    sys.modules["experimaestro_runs"] = sys.modules["__main__"]
    Train.__module__ = "experimaestro_runs"
    if len(sys.argv) > 3:
        copy_done(Path(sys.argv[1]), int(sys.argv[2]))
    main(sys.argv[1], int(sys.argv[2]))
