"""A workspace is made from the paths of its cache and data."""

import pytest

from Arch.errors import DiskError
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
