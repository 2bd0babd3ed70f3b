"""Links are found on the way to a place, and never followed where files are listed."""

import pytest

from Arch import files


@pytest.fixture
def linked(tmp_path):
    """A folder `here` whose `link` leads to a folder elsewhere, with a file `deep/file`."""
    (tmp_path / "elsewhere/deep").mkdir(parents=True)
    (tmp_path / "elsewhere/deep/file").write_text("x")
    (tmp_path / "here").mkdir()
    (tmp_path / "here/link").symlink_to(tmp_path / "elsewhere")
    return tmp_path / "here"


@pytest.mark.parametrize(
    ("place", "link"), [("link", ""), ("link/deep", "link"), ("link/deep/file", "link"), ("a/b", ""), ("a", "")]
)
def test_the_link_is_named_through_which_a_place_is_reached(place, link, linked):
    assert files.link_on_the_way(linked, place) == (str(linked / link) if link else "")


def test_a_link_without_an_end_is_a_link(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert files.is_link(tmp_path / "loop")
    assert not files.is_link(tmp_path / "absent")
    assert files.target_of(tmp_path / "loop") == str(tmp_path / "loop")


def test_files_behind_a_link_are_not_listed(linked):
    (linked / "own").write_text("x")
    (linked / "back").symlink_to(linked)
    assert list(files.files_below(linked)) == ["back", "link", "own"]
