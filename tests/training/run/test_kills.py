"""Oracle: the bytes of a run left alone, in another process, beside those of runs killed at thirty random moments."""

import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PHASES = ("preparing", "training", "checkpointing", "committing")


@pytest.mark.slow
def test_runs_killed_at_random_moments_end_as_the_one_left_alone(capsys):
    program = [sys.executable, ROOT / "benchmarks" / "bench_kills.py", "30", "1"]
    done = subprocess.run(program, capture_output=True, text=True, timeout=600, check=False)
    with capsys.disabled():
        sys.stdout.write(f"\n{done.stdout}")
    assert done.returncode == 0, done.stderr
    hits = {phase: int(count) for phase, count in re.findall(r"(\w+ing) (\d+)", done.stdout)}
    assert set(hits) == set(PHASES)
    assert sum(hits.values()) == 30
