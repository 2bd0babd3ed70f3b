"""Words and phrases that have no technical use in this project do not come back; the oracle is a list of them."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.repository import ROOT

PHRASES = (
    "agenda", "as it goes on", "befalls", "befell", "beholden", "cannot be had", "for good", "go round", "goes on",
    "guest", "heir", "heirs", "hitherto", "in a circle", "is gone", "keeper", "left alone", "no hindrance", "pardon",
    "parted", "rehoming", "roughen", "shelf", "shelves", "sightings", "spoilt", "stands still",
    "the house", "to be had", "to whom", "turns a whole", "undisturbed", "unfit", "was faster", "whoever", "witness",
    "witnesses", "without a word",
)  # fmt: skip
ALTERNATIVES = "|".join(r"\s+".join(phrase.split()) for phrase in PHRASES)  # a phrase may be broken over two lines
PATTERN = re.compile(rf"(?<!\w)(?:{ALTERNATIVES})(?!\w)", re.IGNORECASE)


def found_in(path):
    text = path.read_text()
    return [(text.count("\n", 0, match.start()) + 1, match[0]) for match in PATTERN.finditer(text)]


def test_no_file_has_a_phrase_without_technical_use():
    listed = subprocess.run(
        ["git", "ls-files", "*.py", "*.md", "*.cjson", "*.toml", ":!tests/golden", ":!tests/test_language.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("not a git repository")
    paths = [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]
    found = [f"{path.relative_to(ROOT)}:{line}: {word!r}" for path in paths for line, word in found_in(path)]
    assert found == []


@pytest.mark.parametrize("text", ["Whoever asks", "x = shelf", "It is TO\nBE HAD."])
def test_a_phrase_is_found_in_any_case(text, tmp_path: Path):
    (tmp_path / "page.md").write_text(text)
    assert len(found_in(tmp_path / "page.md")) == 1


@pytest.mark.parametrize("text", ["their shelfmark", "theirs", "imparted", "to behave"])
def test_a_part_of_a_longer_word_is_not_found(text, tmp_path: Path):
    (tmp_path / "page.md").write_text(text)
    assert found_in(tmp_path / "page.md") == []
