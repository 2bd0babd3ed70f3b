"""The file of finished epochs. Oracle: the epochs that were written, and the JSON that `Run.json` has of them."""

import json

import pytest

from Arch.cache.attempts.work import Work
from Arch.cache.layout import EPOCHS
from Arch.cache.runs.records import run_document
from Arch.errors import CacheError
from Arch.types import Epoch, Run

DONE = tuple(Epoch(n, {"loss": 1 / n}, {"accuracy": 0.1 * n}, {}, 0.1, 2.5, "hints") for n in (1, 2, 3))


@pytest.fixture
def work(tmp_path):
    work = Work(tmp_path, 0)
    for epoch in DONE:
        work.append_epoch(epoch)
    return work


def test_each_line_is_the_object_that_a_run_has_of_the_epoch(work):
    lines = (work.folder / EPOCHS).read_text().splitlines()
    assert [json.loads(line) for line in lines] == run_document(Run(0, 0, DONE, {}, 1.0))["Epochs"]
    assert work.epochs() == DONE


def test_without_a_file_there_are_no_epochs(tmp_path):
    assert Work(tmp_path, 0).epochs() == ()


def test_a_torn_last_line_is_left_out_wherever_it_ends(work):
    whole = (work.folder / EPOCHS).read_bytes()
    second = whole.rindex(b"\n", 0, -1) + 1
    for end in range(second, len(whole)):
        (work.folder / EPOCHS).write_bytes(whole[:end])
        assert work.epochs() == DONE[:2]


@pytest.mark.parametrize("damage", [b"{}", b"[]", b"\xff", b'{"Number": NaN}', b"[" * 100_000])
def test_epochs_up_to_a_damaged_line_are_read(work, damage):
    first, _, last = (work.folder / EPOCHS).read_bytes().splitlines()
    (work.folder / EPOCHS).write_bytes(b"\n".join([first, damage, last, b""]))
    assert work.epochs() == DONE[:1]


def test_epochs_are_replaced_by_fewer(work):
    work.rewrite_epochs(DONE[:1])
    work.append_epoch(DONE[1])
    assert work.epochs() == DONE[:2]


def test_a_number_that_is_not_finite_is_refused(work):
    with pytest.raises(CacheError, match="epoch 4, Train, loss is nan"):
        work.append_epoch(Epoch(4, {"loss": float("nan")}, {}, {}, 0.1, 1.0))
    assert work.epochs() == DONE
