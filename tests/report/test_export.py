"""Rows of runs: pandas reads the CSV back unchanged; JSON and DataFrame have the committed numbers."""

import importlib.util
import io
import json

import pandas as pd
import pytest

from Arch.errors import ConfigError, DiskError
from Arch.planning.selection import selected_entries
from Arch.report import export
from Arch.report.export import check_format, columns, csv_text, data_frame, frame, json_text, rows, write
from tests.cached_runs import STUDENT, TEACHER
from tests.repository import ROOT
from tests.test_architecture import HEAVY, imported

HARD = [
    "",
    "NA",
    "null",
    "true",
    "-1",
    "1e5",
    "nan",
    " a",
    "b ",
    '"quoted"',
    "[1]",
    "a,b",
    "line\nline",
    "\u00e9",
    "plain",
]


@pytest.fixture
def table(workspace, commit):
    """The rows of a teacher with two runs and its student, in another order of keys."""
    commit(TEACHER, 0, accuracy=1 / 3)
    commit(TEACHER, 1, accuracy=0.75, host="far")
    commit(STUDENT, 0, accuracy=0.1 + 0.2)
    unreadable = []
    found = list(rows(selected_entries(workspace, []), unreadable))
    assert unreadable == []
    return found


def test_a_row_has_identity_keys_scores_and_provenance(table, workspace):
    student = workspace.resolver.resolve(STUDENT)
    [row] = [row for row in table if row["fingerprint"] == student.fingerprint]
    assert (row["run"], row["title"], row["accuracy"], row["seconds"]) == (0, student.title, 0.1 + 0.2, 12.5)
    assert (row["Teacher"], row["Teacher.fingerprint"]) == ("MLP on Synthetic", student.active["Teacher"])
    assert {key: row[key] for key in student.active if key != "Teacher"} == {
        key: value for key, value in student.active.items() if key != "Teacher"
    }
    assert (row["device"], row["threads"], row["torch"], row["commit"]) == ("cpu", 1, "2.15.0", "abc")
    assert row["made_from"] == {"Teacher": 1}
    assert "host" not in row


def test_columns_are_ordered_as_identity_keys_scores_and_provenance(table):
    names = columns(table)
    assert names[:4] == ["fingerprint", "run", "title", "Trainer"]
    assert names[-9:] == ["accuracy", "nll", "seconds", "device", "threads", "torch", "commit", "host", "made_from"]
    assert names.index("Teacher.fingerprint") < names.index("accuracy")


def test_pandas_reads_the_csv_back_without_loss(table):
    expected = data_frame(table)
    found = pd.read_csv(io.StringIO(csv_text(table)))
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, check_exact=True)


@pytest.mark.parametrize("text", HARD)
def test_text_that_looks_like_another_type_is_read_back_as_text(text):
    found = pd.read_csv(io.StringIO(csv_text([{"fingerprint": "f", "Name": text}, {"fingerprint": "g"}])))
    cell = found["Name"][0]
    assert isinstance(cell, str)
    assert (json.loads(cell) if cell.startswith('"') else cell) == text
    assert pd.isna(found["Name"][1])


def test_lists_are_json_in_a_cell():
    [line] = csv_text([{"fingerprint": "f", "Widths": [8, 4], "Map": {"a": [1]}}]).splitlines()[1:]
    assert line == 'f,"[8, 4]","{""a"": [1]}"'


def test_json_has_the_rows_unchanged(table):
    assert json.loads(json_text(table)) == table


def test_epochs_are_rows_too(workspace, commit):
    commit(TEACHER, 0, accuracy=0.5)
    commit(TEACHER, 1, accuracy=0.25)
    found = list(rows(selected_entries(workspace, []), [], with_epochs=True))
    assert [(row["run"], row["epoch"], row["test/accuracy"], row["train/loss"]) for row in found] == [
        (0, 1, 0.5, 1.0),
        (0, 2, 0.25, 0.5),
        (1, 1, 0.25, 1.0),
        (1, 2, 0.125, 0.5),
    ]
    assert columns(found)[:4] == ["fingerprint", "run", "epoch", "title"]
    assert {row["learning_rate"] for row in found} == {0.1}


def test_a_damaged_experiment_is_left_out_and_reported(workspace, commit):
    entry = commit(TEACHER)
    commit(STUDENT)
    (entry.path / "Config.json").write_text("{")
    unreadable = []
    assert len(list(rows(selected_entries(workspace, []), unreadable))) == 1
    assert entry.fingerprint in str(unreadable[0])


def test_a_score_with_the_name_of_a_column_is_prefixed():
    assert export._result_part({"seconds": 1.0, "accuracy": 0.5}, 2.0, {}) == {
        "score_seconds": 1.0,
        "accuracy": 0.5,
        "seconds": 2.0,
    }


@pytest.mark.parametrize(("name", "read"), [("a.csv", pd.read_csv), ("a.json", pd.read_json)])
def test_a_file_is_written_whole_and_read_by_pandas(table, tmp_path, name, read):
    write(tmp_path / name, table)
    assert list(read(tmp_path / name)["accuracy"]) == pytest.approx([row["accuracy"] for row in table], abs=1e-9)
    assert [path.name for path in tmp_path.glob("*.tmp")] == []


def test_parquet_is_read_back_or_the_error_says_what_to_install(table, tmp_path):
    path = tmp_path / "a.parquet"
    if importlib.util.find_spec("pyarrow") is None:
        with pytest.raises(ConfigError, match=r"pip install -e '\.\[parquet\]'"):
            write(path, table)
        return
    write(path, table)
    pd.testing.assert_frame_equal(pd.read_parquet(path), data_frame(table), check_dtype=False)


def test_an_unknown_suffix_or_a_missing_folder_is_refused(table, tmp_path):
    with pytest.raises(ConfigError, match=r"ends in \.csv, \.json, \.parquet"):
        check_format(tmp_path / "a.xlsx")
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError):
        write(tmp_path / "file" / "a.csv", table)


def test_the_python_api_returns_a_data_frame(table, workspace):
    found = frame("Seed=1", cache=workspace.store.root)
    assert list(found["accuracy"]) == [0.1 + 0.2]
    assert len(frame(cache=workspace.store.root)) == 3
    assert len(frame(cache=workspace.store.root, epochs=True)) == 6


def test_a_control_character_in_a_name_of_a_column_is_escaped():
    assert csv_text([{"\x1b[31mred": 1, "a\u202eb": 2}]) == "\\x1b[31mred,a\\u202eb\n1,2\n"


def test_csv_and_json_need_no_heavy_library(table, workspace):
    words = ["main.py", "export", "--cache", str(workspace.store.root)]
    for more in ([], ["--json"], ["--epochs"]):
        main = str(ROOT / "Scripts" / "main.py")
        call = (
            f"import runpy, sys; sys.argv = {words + more!r}\ntry:\n    runpy.run_path({main!r}, run_name='__main__')"
        )
        assert imported(f"{call}\nexcept SystemExit as end:\n    assert not end.code") & HEAVY == set()
