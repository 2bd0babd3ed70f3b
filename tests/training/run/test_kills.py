"""Oracle: the bytes of an uninterrupted run. Runs of other processes are killed at thirty random moments."""

import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PHASES = ("preparing", "training", "checkpointing", "committing")


@pytest.mark.slow
def test_runs_killed_at_random_moments_equal_the_uninterrupted_run(capsys):
    program = [sys.executable, ROOT / "benchmarks" / "bench_kills.py", "30", "1"]
    done = subprocess.run(program, capture_output=True, text=True, timeout=600, check=False)
    with capsys.disabled():
        sys.stdout.write(f"\n{done.stdout}")
    assert done.returncode == 0, done.stderr
    kills = {phase: int(count) for phase, count in re.findall(r"(\w+ing) (\d+)", done.stdout)}
    assert set(kills) == set(PHASES)
    assert sum(kills.values()) == 30
