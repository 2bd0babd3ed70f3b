"""Compares this working tree with another commit: both are measured alternately in one session, in pairs.

The other commit is checked out into a temporary git worktree, which is removed at the end. Each measurement is a fresh
process of the tree that it measures, under the same interpreter. The tree that starts alternates from pair to pair, so
that a slow moment of the machine does not favour one of them.
"""

import argparse
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.bench_cached_answer import CONFIG
from benchmarks.machine import machine

ROOT = Path(__file__).resolve().parents[1]
BEFORE_THE_MOVE = "ae4fa46"  # the last commit with the former package layout
FILL_CACHE = """
from benchmarks.ten_thousand import fill_cache, write_configs
configs, cache, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
write_configs(configs, count)
fill_cache(cache, configs)
"""
TRAINING_STEP = """
import statistics
from benchmarks import bench_training_step as bench
data = bench.load(bench.Synthetic(10, 32, 3, bench.BATCH * bench.STEPS * 2), Path())
step = bench.arch_loop(data, "float32")
bench.timed(step, bench.WARM_UP)
print(statistics.median(bench.timed(step, bench.STEPS)))
"""
IN_TREE = """
import sys
from pathlib import Path
import Arch
assert Path(Arch.__file__).is_relative_to(Path.cwd()), f"{Arch.__file__} is not in {Path.cwd()}"
"""


class Tree:
    """A checkout with a folder for its configs and caches; all its code runs in processes of its own."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.folder = folder
        self.config = folder / "config.json"

    def prepare(self, count: int) -> None:
        """Trains one small experiment and fills a cache with `count` configs."""
        self.folder.mkdir()
        self.config.write_text(CONFIG, encoding="utf-8")
        self.main("-c", str(self.config), "--cache", f"{self.folder}/one", "--quiet")
        self.python("-c", IN_TREE + FILL_CACHE, f"{self.folder}/configs", f"{self.folder}/many", str(count))

    def python(self, *arguments: str) -> str:
        """Runs the interpreter in this tree, and returns what it prints."""
        # byte code of its own, or the tree whose tests ran before would start faster
        compiled = {"PYTHONPYCACHEPREFIX": f"{self.folder}/compiled", "PYTHONDONTWRITEBYTECODE": ""}
        environment = {**os.environ, "PYTHONPATH": str(self.root), **compiled}
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)[:200]} failed in {self.root}:\n{done.stderr}")
        return done.stdout

    def main(self, *arguments: str) -> str:
        """Runs this tree's main program."""
        return self.python(str(self.root / "Scripts" / "main.py"), *arguments)

    def cached_answer(self) -> float:
        """Returns the seconds of `main.py -c` for an experiment that is cached."""
        return seconds(lambda: self.main("-c", str(self.config), "--cache", f"{self.folder}/one", "--quiet"))

    def show(self) -> float:
        """Returns the seconds of `main.py show` for the same experiment."""
        return seconds(lambda: self.main("show", str(self.config), "--cache", f"{self.folder}/one"))

    def plan(self) -> float:
        """Returns the seconds of `main.py plan` over all configs, which are cached."""
        return seconds(lambda: self.main("plan", f"{self.folder}/configs", "--cache", f"{self.folder}/many"))

    def training_step(self) -> float:
        """Returns the median seconds of a float32 step of `bench_training_step.py`."""
        return float(self.python("-c", IN_TREE + TRAINING_STEP))

    def commit(self) -> float:
        """Returns the median seconds of a commit of `bench_store.py`."""
        lines = self.python(str(self.root / "benchmarks" / "bench_store.py")).splitlines()
        [milliseconds] = [line.split()[1] for line in lines if line.startswith("commit ")]
        return float(milliseconds) / 1000


def main() -> None:
    """Measures all pairs, and prints the medians and the ratios."""
    options = parsed()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # or the worktree would stay
    print(machine())
    with tempfile.TemporaryDirectory() as name, worktree(options.commit, Path(name) / "tree") as other:
        trees = (Tree(other, Path(name) / "old"), Tree(ROOT, Path(name) / "new"))
        for tree in trees:
            tree.prepare(options.configs)
        print(f"{options.pairs} pairs, plan of {options.configs} configs; ratio: this tree to {options.commit}")
        print(f"{'':<18}{options.commit[:12]:>14}{'this tree':>14}{'ratio':>8}   quartiles")
        for task in options.only or TASKS:
            print(line_of(task, measured_pairs(TASKS[task], trees, options.pairs)), flush=True)


TASKS: Mapping[str, Callable[[Tree], float]] = {
    "cached-answer": Tree.cached_answer,
    "show": Tree.show,
    "plan": Tree.plan,
    "training-step": Tree.training_step,
    "commit": Tree.commit,
}


def parsed() -> argparse.Namespace:
    """Returns the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commit", nargs="?", default=BEFORE_THE_MOVE, help="the commit to compare with (%(default)s)")
    parser.add_argument("--pairs", type=int, default=20, help="measurements of each tree, at least 2 (%(default)s)")
    parser.add_argument("--configs", type=int, default=10_000, help="configs that `plan` reads (%(default)s)")
    parser.add_argument("--only", nargs="+", choices=TASKS, help="what is measured (all)")
    options = parser.parse_args()
    if options.pairs < 2:
        parser.error("--pairs must be at least 2, for the quartiles")
    return options


@contextlib.contextmanager
def worktree(commit: str, path: Path) -> Iterator[Path]:
    """Checks a commit out into a folder, and removes it at the end, after an error too."""
    git("worktree", "add", "--detach", str(path), commit)
    try:
        yield path
    finally:
        git("worktree", "remove", "--force", str(path))


def git(*arguments: str) -> None:
    """Runs git in this repository."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode:
        raise SystemExit(f"git {' '.join(arguments)}: {done.stderr.strip()}")


def measured_pairs(measure: Callable[[Tree], float], trees: tuple[Tree, Tree], pairs: int) -> list[tuple[float, float]]:
    """Returns the seconds of both trees in each pair; an unmeasured run of each fills the file caches."""
    old, new = trees
    for tree in trees:
        measure(tree)
    found = []
    for number in range(pairs):
        if number % 2:
            found.append((measure(old), measure(new)))
        else:
            after, before = measure(new), measure(old)
            found.append((before, after))
    return found


def line_of(task: str, pairs: list[tuple[float, float]]) -> str:
    """Returns a line of the table: both medians, the median of the pairwise ratios and its quartiles."""
    before, after = (1000 * statistics.median(times) for times in zip(*pairs, strict=True))
    low, ratio, high = statistics.quantiles([new / old for old, new in pairs], n=4, method="inclusive")
    return f"{task:<18}{before:11.1f} ms{after:11.1f} ms{ratio:8.3f}   {low:.3f} to {high:.3f}"


def seconds(action: Callable[[], object]) -> float:
    """Returns the wall time of an action."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
