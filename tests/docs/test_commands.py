"""The commands of the documentation give the shown output: each marked block is run in a copy of the repository."""

import re

import pytest

from tests.docs.blocks import DATA, WAYS, blocks
from tests.docs.sandbox import Sandbox, matches
from tests.repository import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"^(\$ |python |make |pip |arch-kd)|\bmain\.py |\bPlotfigs\.py ", re.MULTILINE)
RUN = [page for page in PAGES if any(block.mark == "run" for block in blocks(page))]
SLOW = [page for page in PAGES if any("slow" in block.ways for block in blocks(page))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_run_or_says_why_not(page):
    unmarked = [str(each) for each in blocks(page) if not each.mark and each.language not in DATA]
    hidden = [str(each) for each in blocks(page) if not each.mark and COMMAND.search(each.text)]
    unknown = [str(each) for each in blocks(page) if not each.ways <= WAYS]
    unexplained = [str(each) for each in blocks(page) if each.mark == "not run" and not each.reason]
    assert (unmarked, hidden, unknown, unexplained) == ([], [], [], [])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tests_that_a_page_names_as_a_reason_exist(page):
    named = [name for block in blocks(page) for name in re.findall(r"[\w/]+\.py|\.ci/run", block.reason)]
    assert [name for name in named if not (ROOT / name).exists()] == []


# the README has many commands: with the slow tests they run as they are
QUICK = [page for page in RUN if page.name != "README.md"]


@pytest.mark.parametrize("page", QUICK, ids=lambda page: page.name)
def test_the_fast_blocks_of_a_page_run_on_short_configs(page, tmp_path, warm_starts):
    sandbox = Sandbox(tmp_path, warm_starts, is_short=True)
    for block in blocks(page):
        if block.mark == "run" and "slow" not in block.ways:
            sandbox.run(block)


@pytest.mark.slow
@pytest.mark.parametrize("page", SLOW, ids=lambda page: page.name)
def test_all_blocks_of_a_page_run_as_they_are(page, tmp_path, warm_starts):
    sandbox = Sandbox(tmp_path, warm_starts, is_short=False)
    for block in blocks(page):
        if block.mark == "run":
            sandbox.run(block)


def test_the_two_commands_of_the_readme_are_in_ci():
    script = (ROOT / ".ci" / "run").read_text().splitlines()
    assert {"make demo", "make test"} <= set(script)


@pytest.mark.parametrize(
    ("shown", "printed", "masks", "is_match"),
    [
        ("a  b", "a b\n", False, True),
        ("a b", "a c", False, False),
        ("x 89.3 %", "x 4 %", True, True),
        ("x 89.3 %", "y 4 %", True, False),
        ("x 1", "x 2", False, False),
        ("head\n...", "head\nmore\nlines", False, True),
        ("head\n...\ntail", "head\nmore", False, False),
        ("head\n------", "head\n---", False, True),
    ],
)
def test_output_is_compared_but_for_what_may_vary(shown, printed, masks, is_match):
    assert matches(shown, printed, masks_numbers=masks) is is_match
