"""Paths of configs that move to another folder; the oracle is the operating system's own resolution."""

import pytest

from Arch.planning.grids.relocating import path_from


@pytest.mark.parametrize("path", ["w.pth", "below/w.pth", "../w.pth", "./x/../w.pth"])
def test_a_moved_path_names_the_same_file(path, tmp_path):
    old, new = tmp_path / "a/b", tmp_path / "c"
    old.mkdir(parents=True)
    new.mkdir()
    assert (new / path_from(path, old, new)).resolve() == (old / path).resolve()


@pytest.mark.parametrize("path", ["", "/w.pth", "~/w.pth", "a\0b"])
def test_what_is_no_relative_path_is_unchanged(path, tmp_path):
    assert path_from(path, tmp_path / "a", tmp_path / "b") == path
