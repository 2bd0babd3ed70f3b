"""A workspace is made from the paths of its cache and data."""

import pytest

from Arch.errors import ConfigError, DiskError
from Arch.files import system_calls
from Arch.planning.workspace import Workspace


def test_a_folder_may_be_given_as_a_string(tmp_path):
    assert Workspace.at(str(tmp_path), str(tmp_path / "data")).store == Workspace.at(tmp_path).store


def test_an_unreadable_cache_is_refused(tmp_path, monkeypatch):
    def refuse(verb, path, function, *arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(system_calls, "_step", refuse)
    with pytest.raises(DiskError, match="permission denied"):
        Workspace.at(tmp_path)


def test_the_home_of_a_user_who_does_not_exist_is_refused():
    for places in (("~nosuchuser/cache", None), ("cache", "~nosuchuser/data")):
        with pytest.raises(ConfigError, match="'~nosuchuser' is the home of no user here"):
            Workspace.at(*places)


def test_the_own_home_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    workspace = Workspace.at("~/cache", "~/data")
    assert (workspace.store.root, workspace.data) == (tmp_path / "cache", tmp_path / "data")
