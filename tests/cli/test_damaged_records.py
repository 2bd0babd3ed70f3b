"""Whatever is wrong with a record of one experiment, a verb that looks has no traceback and shows the rest."""

import contextlib
import io
import json
import os
import random
import shutil

import pytest

from Arch.cli import plotfigs
from Arch.cli.main import main
from Arch.errors import ArchError
from tests.cli.damaged_cache import FILES, RECORDS, VALUES, changed, places_in, small_cache
from tests.special_files import SPECIAL, time_limit

SEED = int(os.environ.get("ARCH_TEST_SEED", "0"))
CHANGES, VERBS = 8, 5  # for each record, and of the table below for each change
LOOKING = (
    "status", "status --full", "status --json", "status configs", "ls", "ls --json", "show", "show --json",
    "show {student} {other}", "export", "export --epochs", "plan configs", "plan Seed=7", "explain {student}", "doctor",
    "verify", "tail {student}", "tail {student} {other}", "rm {student}", "rm {student} --run 2", "rm --corrupt",
    "prune --orphans", "prune --failed", "prune --older 1d", "rehash", "diff {student} {other}",
    "status Model=MLP", "ls Seed=7", "rm --restore",
)  # fmt: skip
SHOWING = ("status --full", "status --json", "ls", "ls --json", "show --json", "export", "export --epochs")


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """The cache before it is damaged."""
    return small_cache(tmp_path_factory.mktemp("sound"))


@pytest.fixture
def small(sound, tmp_path, monkeypatch):
    """A copy of it, which a test may damage."""
    root = tmp_path / "copy"
    shutil.copytree(sound.root, root)
    monkeypatch.chdir(root)
    return type(sound)(root, sound.student, sound.teacher, sound.other)


@pytest.fixture
def answer(small):
    """Runs a program as `guarded` does, and returns its exit code and its output."""

    def answer(words, program=main):
        line = words.format(student=small.student, other=small.other).split()
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()), time_limit():
            try:
                code = program([*line, "--cache", "cache", "--data", "data"])
            except ArchError:
                code = 2
        return code, output.getvalue()

    return answer


def check(answer, small, words, what):
    """Requires that a verb ends without another exception than ArchError, and shows the sound experiments."""
    try:
        output = answer(words)[1]
    except Exception as error:
        raise AssertionError(f"`{words}` with {what} (ARCH_TEST_SEED={SEED})") from error
    if words in SHOWING:
        assert small.other[:8] in output, words


@pytest.mark.parametrize("record", RECORDS)
def test_a_wrong_member_of_a_record_hides_nothing(record, small, answer):
    chance = random.Random(f"{SEED} {record}")
    path, summary = small.path(record), small.path("Result.json")
    whole, kept = path.read_text(), summary.read_text()
    document = json.loads(whole)
    places = list(places_in(document))
    for _ in range(CHANGES):
        place, value = chance.choice(places), chance.choice([*VALUES, None])
        path.write_text(changed(document, place, value))
        if record.endswith("Run.json"):  # otherwise the summary answers
            summary.unlink()
        for words in chance.sample(LOOKING, VERBS):
            check(answer, small, words, (record, place, (value or "removed")[:20]))
        path.write_text(whole)
        summary.write_text(kept)


@pytest.mark.slow
@pytest.mark.parametrize("kind", SPECIAL)
def test_what_is_no_file_hides_nothing(kind, small, answer):
    chance = random.Random(f"{SEED} {kind}")
    for name in FILES:
        path = small.path(name)
        path.rename(small.root / "aside")
        SPECIAL[kind](path)
        for words in chance.sample(LOOKING, VERBS):
            check(answer, small, words, (name, kind))
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        (small.root / "aside").rename(path)


@pytest.mark.parametrize("record", RECORDS)
@pytest.mark.parametrize("kind", ["no JSON", *SPECIAL])
def test_a_damaged_experiment_can_be_removed_and_leaves_the_others(kind, record, small, answer):
    path = small.path(record)
    path.unlink()
    SPECIAL[kind](path) if kind in SPECIAL else path.write_text("no JSON")
    assert answer("rm {student} --apply")[0] == 0
    assert sorted(each.name for each in small.cache.iterdir() if each.name != ".trash") == sorted(
        [small.teacher, small.other]
    )


@pytest.mark.parametrize(
    ("record", "place", "value"),
    [
        ("Config.json", ("Plugins",), "5"),
        ("Config.json", ("References", "Teacher"), "5"),
        ("Config.json", ("References", "Teacher"), "{}"),
        ("Config.json", ("References", "Teacher", "Title"), "[1]"),
        ("Config.json", ("Title",), "[1]"),
        ("Runs/000/Run.json", ("Seconds",), "1" + "0" * 400),
        ("Runs/000/Run.json", ("Scores", "accuracy"), "1e999"),
        ("Runs/000/Run.json", ("Epochs",), "{}"),
        ("Runs/000/Run.json", ("Provenance", "sessions"), "5"),
        ("Runs/000/Run.json", ("Provenance", "versions"), "[1]"),
    ],
)
def test_a_wrong_value_is_listed_with_its_file(record, place, value, small, answer):
    small.path("Result.json").unlink()
    path = small.path(record)
    document = json.loads(path.read_text())
    document.setdefault("Plugins", [])
    path.write_text(changed(document, place, value))
    rows = {row["fingerprint"]: row for row in json.loads(answer("status --json")[1])["experiments"]}
    assert rows[small.student]["state"] == "corrupt"
    assert f"{record} is damaged or was edited: " in rows[small.student]["problem"]
    assert {rows[small.teacher]["state"], rows[small.other]["state"]} == {"done"}
    for words in ("show", "export", "verify", "doctor"):
        assert answer(words)[0] == 1, words


@pytest.mark.slow
@pytest.mark.parametrize("figure", ["accuracy-bars", "training-curves", "confusion"])
@pytest.mark.parametrize("value", ["1e999", "1" + "0" * 400, '"x"', "[]"])
def test_a_figure_leaves_a_damaged_experiment_out(figure, value, small, answer):
    small.path("Result.json").unlink()
    path = small.path("Runs/000/Run.json")
    path.write_text(changed(json.loads(path.read_text()), ("Scores", "accuracy"), value))
    code, output = answer(f"{figure} --out figures", plotfigs.main)
    assert (code, f"{figure}.png" in output) == (1, True)


@pytest.mark.parametrize("place", ["Claims", "Work", "Runs"])
@pytest.mark.parametrize("number", ["999999999", "100000", "99999", "1" * 200, "\u0661\u0662\u0663"])
def test_nothing_is_counted_up_to_the_number_of_a_folder(place, number, small, answer):
    (small.path(place) / number).mkdir()
    for words in ("status", "ls", "doctor", "verify", "plan configs", "prune --orphans"):
        with time_limit(10):
            answer(words)
    assert answer("ls")[1].count("\n") == 5  # the head, three experiments and the totals


def test_a_message_about_a_key_of_megabytes_has_its_beginning(small, answer):
    (small.root / "configs/long.json").write_text(json.dumps({"K" * 5_000_000: 1, "Model": "MLP"}))
    with time_limit(), pytest.raises(ArchError, match="unknown key 'KKKK") as caught:
        main(["plan", "configs/long.json", "--cache", "cache"])
    assert len(str(caught.value)) < 1000
