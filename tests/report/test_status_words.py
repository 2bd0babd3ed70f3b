"""The state of experiments as text; every expectation is written out by hand."""

import json
from pathlib import Path

import pytest

from Arch.cache.attempts.progress import Progress
from Arch.planning.overview import overviews
from Arch.report.status_words import MOST_MISSING, counts, details, json_row, table
from Arch.units import seconds_at
from tests.cached_runs import STUDENT, TEACHER


@pytest.fixture
def lines(workspace):
    def lines(now=0.0):
        return table(overviews(workspace, []), now)

    return lines


def test_counts_are_ordered_from_good_to_bad(workspace, commit, attempt, opened):
    assert counts(overviews(workspace, [])) == "no experiments"
    commit(TEACHER)
    assert counts(overviews(workspace, [])) == "1 experiment: done 1"
    opened({**TEACHER, "Seed": 5})
    attempt(STUDENT, end="failed", error=ValueError("no"))
    assert counts(overviews(workspace, [])) == "3 experiments: done 1, failed 1, missing 1"


def test_a_done_experiment_has_no_line(commit, lines):
    commit(TEACHER)
    assert lines() == []


def test_a_done_experiment_over_runs_of_other_networks_has_a_line(commit, lines):
    commit(TEACHER, 0)
    commit(TEACHER, 1, accepted_unlike={"PreTrainedFrom weights": ["3f9a", "77ab"]})
    [line] = lines()
    assert line.startswith("done")
    assert line.endswith("its runs differ in PreTrainedFrom weights (accepted with --accept-unlike)")


def test_the_details_have_the_networks_of_each_run_or_say_that_they_were_not_recorded(workspace, commit):
    constants = {"digest": "a", "constants": {"mean": [0.5, 0.25], "std": [1.0, 0.125], "unit": 255.0}}
    commit(STUDENT, 0, made_from={"Teacher": {"fingerprint": "f", "run": 0}})
    network = {"fingerprint": "f", "run": 0, "digest": "0123456789abcdef"}
    commit(STUDENT, 1, made_from={"Teacher": network}, teacher_normalization=constants)
    [found] = overviews(workspace, [])
    shown = details(found, 0.0)
    assert "  run 0        Teacher weights not recorded, normalisation not recorded" in shown
    assert "  run 1        Teacher weights 0123456789ab, normalisation mean 0.5, 0.25, deviation 1, 0.125" in shown


def test_an_active_run_has_holder_device_progress_and_times(attempt, lines):
    lease = attempt(TEACHER)
    [line] = lines(seconds_at(lease.claim.since) + 3700)
    # 30 of 100 steps took 60 s, so that 70 more take 140 s
    assert f"run 0: {lease.claim.holder}, cpu 0, epoch 3/10, accuracy 25.00 %, for 1h, 2m left" in line
    assert line.startswith(f"running   {lease.entry.fingerprint[:8]}  MLP on Synthetic  ")
    lease.end("stopped")


def test_a_failure_is_one_line_with_class_message_attempts_and_host(attempt, lines):
    lease = attempt(TEACHER, end="failed", error=ValueError("first\n  second " + "x" * 300))
    [line] = lines()
    assert "run 0: ValueError: first second xxx" in line
    assert line.endswith(f"..., 1 attempt, on {lease.claim.holder.host}, at epoch 3/10")
    assert len(line) < 300


def test_an_out_of_memory_failure_is_named(attempt, lines):
    attempt(TEACHER, end="failed", error=MemoryError("4 GB"))
    assert "run 0: out-of-memory: MemoryError: 4 GB. Memory ran out: use fewer workers" in lines()[0]


def test_a_crash_has_its_attempts_and_its_progress(attempt, lines):
    attempt(TEACHER, end="crashed")
    lease = attempt(TEACHER, end="crashed")
    assert lines()[0].endswith(f"run 0: {lease.claim.holder} ended without reporting, 2 attempts, at epoch 3/10")


def test_a_torn_claim_names_no_process(attempt, lines):
    Path(attempt(TEACHER, end="crashed").claim.path).write_text("")
    assert "run 0: its claim cannot be read, 1 attempt" in lines()[0]


def test_a_stopped_run_has_its_epoch(attempt, lines):
    attempt(TEACHER, end="stopped", epoch=7)
    assert lines()[0].endswith("run 0: stopped at epoch 7/10")


def test_a_run_without_epochs_has_its_step_and_first_score(opened, attempt, lines):
    lease = attempt(TEACHER)
    lease.entry.work(0).save_progress(Progress(0, 0, 30, 100, 60.0, "", {"mean_norm": 1.25}))
    assert ", step 30/100, mean_norm 1.25, " in lines(seconds_at(lease.claim.since))[0]
    lease.end("stopped")
    assert lines()[0].endswith("run 0: stopped at step 30/100")


def test_a_stale_entry_names_the_changed_component(commit, lines):
    commit(TEACHER, versions={"Model": 7})
    assert lines()[0].endswith("MLP on Synthetic  made before a change of Model (version 7 then); still valid")


def test_several_remarks_are_on_separate_lines(commit, attempt, lines):
    commit(TEACHER)
    attempt(TEACHER, 1, end="stopped")
    attempt(TEACHER, 2, end="stopped")
    head, *remarks = lines()
    assert head.endswith("MLP on Synthetic")
    assert [remark.strip() for remark in remarks] == [
        "1 of 3 runs",
        "run 1: stopped at epoch 3/10",
        "run 2: stopped at epoch 3/10",
    ]


def test_urgent_states_come_first_and_missing_experiments_are_counted(opened, attempt, lines):
    for seed in range(MOST_MISSING + 3):
        opened({**TEACHER, "Seed": seed})
    attempt(STUDENT, end="failed", error=ValueError("no"))
    shown = lines()
    assert shown[0].startswith("failed")
    assert len(shown) == 1 + MOST_MISSING + 1
    assert shown[-1] == "... and 3 more that are missing (--json lists all)"


def test_the_details_have_traceback_log_and_folder(workspace, attempt):
    lease = attempt(TEACHER, end="failed", error=ValueError("no"))
    [found] = overviews(workspace, [])
    text = "\n".join(details(found, 0.0))
    for part in (
        f"fingerprint  {lease.entry.fingerprint}",
        f"folder       {lease.entry.path}",
        "runs         none (0 of 1 wanted)",
        f"process    {lease.claim.holder.pid}",
        "device     cpu 0",
        "kind       error",
        "      ValueError: no",
        "      a beginning",
    ):
        assert part in text, part


def test_json_has_the_same_details_and_can_be_serialised(workspace, attempt, commit):
    commit(STUDENT, versions={"Model": 7})
    attempt(TEACHER, end="failed", error=ValueError("no"))
    rows = json.loads(json.dumps([json_row(each) for each in overviews(workspace, [])]))
    by_state = {row["state"]: row for row in rows}
    assert by_state["stale"]["outdated"] == {"Model": 7}
    [one] = by_state["failed"]["attempts"]
    assert (one["run"], one["attempt"], one["failure"]["message"]) == (0, 1, "no")
    assert one["progress"]["scores"] == {"accuracy": 0.25}
