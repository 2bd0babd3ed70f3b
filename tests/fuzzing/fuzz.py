#!/usr/bin/env python3
"""Gives mutated inputs to the program and prints every answer that is not as each answer must be.

    python tests/fuzzing/fuzz.py all --report tests/fuzzing/report.txt   # all kinds, as many as are usual
    python tests/fuzzing/fuzz.py configs records --count 300 --seed 7    # the same inputs for the same seed
    python tests/fuzzing/fuzz.py records --seed 7 --only 12              # one input, with what the program says
    python tests/fuzzing/fuzz.py all --seconds 300                       # as many as there is time for

The exit code is 1 if a violation was found.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # so that it runs from anywhere

from tests.fuzzing.campaign import Campaign, Finding, Tally  # noqa: E402
from tests.fuzzing.kinds import KINDS  # noqa: E402
from tests.fuzzing.reporting import report, shown_finding  # noqa: E402

SEED = 20261130


def main(arguments: Sequence[str]) -> int:
    """Runs the campaigns of the named kinds; returns 1 if a violation was found."""
    options = _parser().parse_args(arguments)
    names = list(KINDS) if "all" in options.kinds else options.kinds
    start, tallies = time.monotonic(), {}
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        for name in names:
            if options.only is not None:
                return _show(name, options, Path(folder))
            print(f"{name}: seed {options.seed}", flush=True)
            tallies[name] = tally = _tried(
                name, options, Path(folder), options.seconds and options.seconds / len(names)
            )
            print(
                f"{name}: {tally.inputs} inputs, {tally.commands} commands, {len(tally.findings)} violations",
                flush=True,
            )
    text = report(tallies, options.seed, time.monotonic() - start)
    print(f"\n{text}", end="")
    if options.report:
        options.report.write_text(text, encoding="utf-8")
    return int(any(tally.findings for tally in tallies.values()))


def _tried(name: str, options: argparse.Namespace, folder: Path, seconds: float | None) -> Tally:
    """Tries the inputs of a kind, shared among workers."""
    count = options.count if options.count is not None else KINDS[name].count
    total = Tally()

    def work(worker: int) -> Tally:
        with Campaign(KINDS[name], options.seed, folder / f"{name}{worker}") as campaign:
            until = time.monotonic() + seconds if seconds else float("inf")
            return campaign.run(range(worker, count, options.workers), until, _print)

    with ThreadPoolExecutor(options.workers) as pool:
        for tally in pool.map(work, range(options.workers)):
            total.add(tally)
    return total


def _print(findings: Iterable[Finding]) -> None:
    for finding in findings:
        print(shown_finding(finding), flush=True)


def _show(name: str, options: argparse.Namespace, folder: Path) -> int:
    """Tries one input and prints all that the program says."""
    has_found = False
    with Campaign(KINDS[name], options.seed, folder / name) as campaign:
        for command, outcome, findings in campaign.tried(options.only):
            print(f"$ {command}\n  exit code {outcome.code}, {outcome.seconds:.2f} s {outcome.raised}")
            for text in filter(None, (outcome.out, outcome.err)):
                print("".join(f"  | {line!a}\n" for line in text[:4_000].splitlines()), end="")
            _print(findings)
            has_found |= bool(findings)
    return int(has_found)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="+", choices=[*KINDS, "all"], metavar="KIND", help=", ".join([*KINDS, "all"]))
    parser.add_argument("--count", type=int, metavar="N", help="inputs of each kind")
    parser.add_argument("--seed", type=int, default=SEED, metavar="S", help=f"default: {SEED}")
    parser.add_argument("--seconds", type=float, metavar="T", help="stop after this time, shared among the kinds")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes of the program at a time (default: 1)"
    )
    parser.add_argument("--only", type=int, metavar="NUMBER", help="only this input of the first kind, in detail")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the summary there, too")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
