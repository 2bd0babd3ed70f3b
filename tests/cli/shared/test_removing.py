"""The verbs that change a cache or write configs, started as programs: preview, `--apply`, restore and undo."""

import json
import re

import pytest

from Arch.planning.workspace import Workspace
from tests.cli.test_programs import HEAVY, imported
from tests.small_rules import RULES, put

TEACHER = {"Model": "Net", "Seed": 7}


@pytest.fixture
def cache(tmp_path):
    """A cache with a teacher, its student and another experiment, each with its runs."""
    (tmp_path / "cache").mkdir()
    change_rules(tmp_path, RULES)
    workspace = Workspace.at(tmp_path / "cache")
    return {
        "teacher": put(workspace, 1, **TEACHER),
        "student": put(workspace, 2, Taught=True, Teacher=TEACHER),
        "other": put(workspace, 3, Temperature=2.0),
    }


@pytest.fixture
def main(program, tmp_path):
    """Runs a verb on the cache, checks its exit code and returns its output."""

    def start(*words, code=0):
        done = program("main.py", *words, "--cache", "cache", cwd=tmp_path)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout if code == 0 or done.stdout else done.stderr

    return start


def change_rules(folder, rules):
    (folder / "cache/BaselineConfig.cjson").write_text(json.dumps(rules, indent=1))


def listing(folder):
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "words",
    [
        ["rm", "Model=Net"],
        ["rm", "--corrupt"],
        ["rm", "--restore"],
        ["rm", "--forget"],
        ["prune", "--older", "0s", "--larger", "0"],
        ["prune", "--failed", "--orphans"],
        ["rehash"],
        ["rehash", "--pin-old"],
        ["verify"],
    ],
    ids=" ".join,
)
def test_without_apply_nothing_is_changed(words, cache, main, tmp_path):
    change_rules(tmp_path, {**RULES, "Temperature": 5.0})
    before = listing(tmp_path)
    main(*words)
    assert isinstance(json.loads(main(*words, "--json")), dict)
    assert listing(tmp_path) == before


@pytest.mark.parametrize("verb", ["rm Model=Net", "prune --failed", "rehash", "verify", "grid t.json Seed=1 --to grid"])
def test_removing_verbs_import_nothing_heavy(verb, cache, tmp_path):
    (tmp_path / "t.json").write_text(json.dumps(TEACHER))
    assert imported("main.py", [*verb.split(), "--cache", "cache"], tmp_path) & HEAVY == set()


def test_a_preview_shows_what_would_be_removed_and_its_dependents(cache, main):
    teacher, student = cache["teacher"].fingerprint[:12], cache["student"].fingerprint[:12]
    lines = main("rm", teacher).splitlines()
    assert lines.pop(1) == f"    {cache['teacher'].path} -> {cache['teacher'].path.parent / '.trash'}"
    assert re.fullmatch(rf"  {teacher} +\d\.\d KB +\d+s  Net  1 run", lines[0])
    assert lines[1] == f"    made from it, and kept: {student}"
    assert re.match(r"would move 1 experiment \(\d\.\d KB\) to .*\.trash; nothing was changed", lines[2])


def test_a_removed_experiment_can_be_restored(cache, main, tmp_path):
    entry = cache["other"]
    before = {path.relative_to(entry.path): path.read_bytes() for path in entry.path.rglob("*") if path.is_file()}
    assert f"rm --restore {entry.fingerprint[:12]} --apply` restores it" in main("rm", entry.fingerprint[:6], "--apply")
    assert not entry.path.exists()
    assert re.search(rf"    .*/\.trash/\S+{entry.fingerprint} -> {entry.path}\n", main("rm", "--restore"))
    assert "restored: 1 item" in main("rm", "--restore", "Temperature=2", "--apply")
    assert {
        path.relative_to(entry.path): path.read_bytes() for path in entry.path.rglob("*") if path.is_file()
    } == before


def test_single_runs_are_removed_and_then_deleted(cache, main, tmp_path):
    entry = cache["other"]
    main("rm", f"cache/{entry.fingerprint}", "--run", "0", "--run", "2", "--apply")
    assert entry.run_indices() == (1,)
    assert "0 items" in main("rm", "--forget", "--older", "1d", "--apply")
    assert "deleted permanently: 2 items" in main("rm", "--forget", "--apply")
    assert list((tmp_path / "cache/.trash").iterdir()) == []


def test_an_active_run_is_kept_and_the_rest_removed(cache, main, tmp_path):
    lease = cache["other"].take(3)
    output = main("rm", "Model=Net", "--apply", "--json", code=1)
    refusals = {row["fingerprint"]: row["refusal"] for row in json.loads(output)["targets"]}
    assert refusals.pop(cache["other"].fingerprint).startswith(str(lease.claim.holder))
    assert set(refusals.values()) == {""}
    assert [entry.exists for entry in cache.values()] == [False, False, True]
    lease.end("stopped")


def test_rm_corrupt_finds_and_removes_all_damaged_entries_and_runs(cache, main):
    (cache["teacher"].path / "Config.json").write_text("{")
    (cache["student"].path / "Config.json").unlink()
    (cache["other"].path / "Runs/001/manifest.json").unlink()
    main("verify", code=1)
    assert "moved 2 experiments, 1 run" in main("rm", "--corrupt", "--apply")
    assert "all as they were written" in main("verify")


def test_verify_finds_a_flipped_bit_and_its_advice_works(cache, main, tmp_path):
    path = cache["other"].path / "Runs/001/Last.safetensors"
    content = bytearray(path.read_bytes())
    content[5] ^= 4
    path.write_bytes(content)
    output = main("verify", code=1)
    assert f"6 runs of 3 experiments in {tmp_path / 'cache'}, " in output
    assert output.count("has another content than was written") == 1
    [fault] = json.loads(main("verify", "--json", code=1))["faults"]
    assert (fault["fingerprint"], fault["run"], fault["path"]) == (cache["other"].fingerprint, 1, str(path))
    assert f"    {path.parent} -> " in main("rm", "--corrupt")
    main(*re.search(r"`main\.py (rm .* --apply)`", fault["message"])[1].split())
    assert "5 runs of 3 experiments" in main("verify")


def test_prune_removes_only_what_meets_all_conditions(cache, main):
    assert "nothing would be removed" in main("prune", "--older", "1d", "--larger", "0")
    assert "nothing would be removed" in main("prune", "--older", "0s", "--larger", "1G")
    assert "would move 1 experiment" in main("prune", "Temperature=2", "--older", "0s")
    assert "moved 3 experiments" in main("prune", "--older", "0s", "--larger", "1", "--apply")


def test_rehash_keeps_old_defaults_renames_and_undoes(cache, main, tmp_path):
    before = {path.name for path in (tmp_path / "cache").iterdir()}
    change_rules(tmp_path, {**RULES, "Temperature": 5.0})
    output = main("rehash")
    assert output.count("stays (undecided)") == 2
    plan = main("rehash", "--pin-old").splitlines()
    assert (
        len(
            [line for line in plan if re.fullmatch(rf"    ({tmp_path}/cache/)[0-9a-f]{{32}} -> \1[0-9a-f]{{32}}", line)]
        )
        == 2
    )
    assert "2 made under a default that changed: `rehash --pin-old` keeps" in output
    assert "renamed 2 of 3 experiments" in main("rehash", "--pin-old", "--apply")
    assert "nothing to rename; 3 experiments" in main("rehash")
    assert "(n=" in main("show", "Temperature=4")
    main("rehash", "--undo")
    assert "undid 2 of 2 names" in main("rehash", "--undo", "--apply")
    assert {path.name for path in (tmp_path / "cache").iterdir()} - {".rehash"} == before
    assert "no migration" in main("rehash", "--undo", code=2)


@pytest.mark.parametrize("way", [["--apply"], ["--undo", "--apply"]], ids=" ".join)
def test_an_interrupted_rehash_is_reported_and_completed_or_undone(way, cache, main, tmp_path):
    change_rules(tmp_path, {**RULES, "Temperature": 5.0})
    main("rehash", "--pin-old", "--apply")
    (tmp_path / "cache/.rehash/applied.json").rename(tmp_path / "cache/.rehash/applying.json")
    assert "was interrupted" in main("rehash")
    main("rehash", *way)
    assert "was interrupted" not in main("rehash")


def test_a_grid_reports_and_writes_each_config_once(cache, main, tmp_path):
    (tmp_path / "t.json").write_text(json.dumps(TEACHER))
    words = ["grid", "t.json", "Fancy=false,true", "Depth=1,2", "--to", "grid"]
    assert main(*words).splitlines() == [
        "writes 3 configs to grid",
        "left out 1 duplicate, since the 4 combinations are 3 experiments:",
        "  Fancy=false,Depth=2 = Fancy=false,Depth=1",
    ]
    assert len(list((tmp_path / "grid").iterdir())) == 3
    assert main(*words).startswith("nothing to write: 3 configs in grid already, and the same")
    document = json.loads(main(*words, "--json"))
    assert [row["new"] for row in document["configs"]] == [False] * 3
    assert len(main("plan", "grid").splitlines()) >= 3


def test_a_grid_with_a_fault_writes_nothing(cache, main, tmp_path):
    (tmp_path / "t.json").write_text(json.dumps(TEACHER))
    for words in (["Temprature=1"], ["Temperature=1,0"], ["Seed=1,2", "Taught=true"]):
        assert main("grid", "t.json", *words, "--to", "grid", code=2).startswith("error: ")
    (tmp_path / "grid").mkdir()
    (tmp_path / "grid/Seed=2.json").write_text("mine")
    assert "exists already" in main("grid", "t.json", "Seed=1,2", "--to", "grid", code=2)
    assert [path.name for path in (tmp_path / "grid").iterdir()] == ["Seed=2.json"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["rm"],
            "nothing was named to remove. Name files, folders, fingerprint prefixes, Key=Value words, or --corrupt.",
        ),
        (["rm", "Model=Other"], "nothing of Model=Other is in the cache"),
        (["rm", "Model=Net", "--older", "1d"], "--older requires --forget"),
        (["rm", "--forget", "--run", "1"], "--run selects runs of experiments"),
        (["rm", "--restore", "--apply"], "nothing was named to restore"),
        (["rm", "--restore", "ff"], "no experiment named 'ff'"),
        (["prune"], "expected --older AGE, --larger SIZE, --failed or --orphans"),
        (["prune", "--older", "3"], "expected a span of time such as 90s, 12h or 30d"),
        (["prune", "--larger", "big"], "expected a size such as 500M or 1.5G"),
        (["rehash", "--undo", "--pin-old"], "--undo undoes the whole last migration"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_error_is_printed_on_one_line(words, message, cache, main):
    output = main(*words, code=2)
    assert message in output
    assert output.count("\n") == 1
