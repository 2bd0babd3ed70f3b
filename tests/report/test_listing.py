"""The list of cached experiments; sizes and ages are those of files written by hand."""

import os

from Arch.report.listing import Line, json_rows, line_of, ordered, text
from tests.cached_runs import STUDENT, TEACHER


def line(name, size=10, changed=100.0, title="a"):
    return Line(name * 32, title, "done", 1, size, changed)


def test_a_line_has_state_runs_size_and_the_newest_runs_age(workspace, commit, attempt):
    commit(TEACHER, 0)
    entry = commit(TEACHER, 1)
    for index, changed in enumerate((5000.0, 7000.0)):
        folder = entry.path / "Runs" / f"{index:03d}"
        for path in (*folder.rglob("*"), folder):
            os.utime(path, (changed, changed))
    total = sum(path.stat().st_size for path in entry.path.rglob("*") if path.is_file())
    found = line_of(entry, workspace.resolver.rules)
    assert found == Line(entry.fingerprint, "MLP on Synthetic", "done", 2, total, 7000.0)


def test_without_a_run_there_is_no_age(workspace, opened):
    found = line_of(opened(STUDENT), workspace.resolver.rules)
    assert (found.state, found.runs, found.changed) == ("missing", 0, 0)
    assert text([found], 1e9)[1].split()[:6] == [found.fingerprint[:8], "missing", "0", *_size(found), "-"]


def _size(found):
    kilobytes = found.size / 1024
    return [f"{kilobytes:.1f}" if kilobytes < 9.95 else f"{kilobytes:.0f}", "KB"]


def test_unlike_runs_are_named_with_the_title():
    marked = Line("a" * 32, "t", "done", 2, 1, 5.0, ("Teacher weights",))
    assert text([marked], 10.0)[1].endswith("t (unlike Teacher weights)")
    assert json_rows([marked])[0]["unlike"] == ("Teacher weights",)


def test_lines_are_sorted_by_age_size_or_title():
    lines = [line("a", 10, 300.0, "c"), line("b", 30, 100.0, "a"), line("c", 20, 200.0, "b")]
    for by, expected in {"age": "acb", "size": "bca", "title": "bca"}.items():
        assert "".join(each.fingerprint[0] for each in ordered(lines, by)) == expected


def test_the_table_lines_up_and_ends_with_totals():
    shown = text([line("a", 2048, 0.5 + 1e6 - 7200), line("b", 1, 1e6 - 90)], 1e6)
    assert shown == [
        "name      state  runs    size  age  title",
        "aaaaaaaa  done      1  2.0 KB   1h  a",
        "bbbbbbbb  done      1     1 B   1m  a",
        "2 experiments, 2 runs, 2.0 KB",
    ]


def test_json_rows_have_whole_fingerprints_and_plain_numbers():
    assert json_rows([line("a")]) == [
        {"fingerprint": "a" * 32, "title": "a", "state": "done", "runs": 1, "size": 10, "changed": 100.0, "unlike": ()}
    ]
