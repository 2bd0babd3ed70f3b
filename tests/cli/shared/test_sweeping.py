"""`-e` and `retry` as a user gives them; the workers are stubs without torch."""

import re

import pytest

from tests.cli.shared.sweeps import TINY, finished


def test_a_sweep_makes_every_run_and_prints_plain_lines(place):
    place.write(2)
    code, out, err = finished(place.sweep("--workers", 1))
    assert code == 0
    assert out.count("(n=1)") == 2
    first, second = (f"MLP on Synthetic, run 0 ({place.folder}/configs/00{n}.json)" for n in range(2))
    assert err.splitlines() == [
        f"started: {first}, on cpu",
        f"done 1/2: {first}, accuracy 50.00 %, 1.0 s",
        f"started: {second}, on cpu",
        f"done 2/2: {second}, accuracy 50.00 %, 1.0 s",
        "runs: 2 made",
    ]


def test_a_sweep_of_cached_experiments_starts_nothing(place):
    place.write(2)
    finished(place.sweep("--workers", 2))
    code, out, err = finished(place.sweep())
    assert (code, err, out.count("(n=1)")) == (0, "", 2)


def test_a_failed_teacher_is_counted_apart_from_its_students(place):
    place.write(2, VanillaKD=True, Teacher={**TINY, "Seed": 9})
    code, _, err = finished(place.sweep("--quiet", stub={"ways": {"9": "error"}}))
    assert code == 1
    assert "runs: 1 failed (it is only needed by others), 2 not tried" in err.splitlines()


def test_a_failure_sets_the_exit_code_and_waits_for_retry(place):
    place.write(2)
    code, _, err = finished(place.sweep("--quiet", stub={"ways": {"1": "error"}}))
    path = place.folder / "configs/001.json"
    name = next(entry.fingerprint for entry in place.entries() if entry.attempts())[:8]
    told = [f"error: {path}: bad luck", f"`main.py tail {name}` shows the log, `main.py retry {name}` tries again"]
    assert code == 1
    assert err.splitlines() == [told[0], "runs: 1 made, 1 failed", told[1]]
    code, _, err = finished(place.sweep("--quiet"))
    assert (code, err.splitlines()) == (1, [told[0], "runs: 1 there already, 1 failed", told[1]])
    code, out, _ = finished(place.start("retry", name))
    assert (code, out.count("(n=1)")) == (0, 1)
    code, out, _ = finished(place.start("retry", place.folder / "configs"))
    assert code == 0
    assert "failed or crashed" in out
    assert len(place.starts()) == 3


def test_a_cached_entrys_later_run_is_retried_by_its_fingerprint(place):
    place.write(1, NumRuns=2)
    finished(place.sweep(stub={"ways": {"0": "exit 3"}}))
    (entry,) = place.entries()
    assert entry.run_indices() == ()
    assert finished(place.start("retry", entry.fingerprint))[0] == 0
    assert entry.run_indices() == (0, 1)


def test_a_worker_sees_the_gpu_that_it_is_pinned_to(place):
    place.write(4)
    assert finished(place.sweep("--gpus", "GPU-8c2f,GPU-11aa", stub={"steps": 30}))[0] == 0
    seen = sorted(entry.run(0).provenance["CUDA_VISIBLE_DEVICES"] for entry in place.entries())
    assert set(seen) == {"GPU-11aa", "GPU-8c2f"}
    assert {entry.run(0).provenance["device"] for entry in place.entries()} == {"cuda"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--timeout", "soon"], "expected a span of time such as 90s, 12h or 30d (units: s, m, h, d, w), got 'soon'"),
        (["--workers", "0"], "expected a whole number from 1, got '0'"),
        (["--retry", "-1"], "expected a whole number from 0, got '-1'"),
        (["--gpus", ","], "expected names such as 0,1"),
        (["--gpus", "98,99"], "there is no GPU 98, 99 here"),
        (["--device", "cuda:99"], "there is no device 'cuda:99' here"),
    ],
)
def test_an_impossible_sweep_is_one_sentence(words, message, place):
    place.write(1)
    code, out, err = finished(place.sweep(*words))
    assert (code, out) == (2, "")
    assert re.match(f"error: .*{re.escape(message)}.*\n$", err)
    assert place.starts() == []


def test_options_of_sweeps_are_refused_for_single_configs(place):
    place.write(1)
    code, _, err = finished(place.start("-c", place.folder / "configs/000.json", "--workers", 2))
    assert code == 2
    assert err.startswith("error: --workers is for -e")
