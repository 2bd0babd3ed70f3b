"""Config files are found below a folder, without those of cache entries."""

import os

import pytest

from Arch.errors import ConfigError
from Arch.planning.config_files import config_files


def test_cache_entries_and_hidden_folders_have_no_configs(tmp_path):
    for name in ("a.json", "below/b.json", f"{'f' * 32}/Config.json", ".trash/x/Config.json", ".rehash/applied.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    assert config_files(tmp_path) == [tmp_path / "a.json", tmp_path / "below/b.json"]


def test_an_unreadable_subfolder_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "locked").mkdir()
    (tmp_path / "a.json").write_text("{}")
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ConfigError, match=r"/locked: the folder cannot be read: Permission denied\."):
        config_files(tmp_path)


def test_what_is_no_file_is_passed_over_with_a_warning(tmp_path, caplog):
    (tmp_path / "a.json").write_text("{}")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "absent.json").symlink_to("nowhere")
    assert config_files(tmp_path) == [tmp_path / "a.json", tmp_path / "absent.json"]
    assert "pipe.json: is a named pipe" in caplog.text
