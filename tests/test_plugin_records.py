"""A record in a cache of somebody else names no file of code, and a damaged one hides no other experiment."""

import os

import pytest

import Arch
from Arch.cli.main import main
from tests.plugin_marks import STUDENT, WHERE, edit, forget, write
from tests.plugin_page import TINY, trained

pytest_plugins = ("tests.plugin_fixtures",)


@pytest.mark.parametrize("kind", ["a file", "an inline config", "a stanza", "plugins among its values"])
def test_a_record_names_no_file(kind, page, teacher, marked):
    student = trained(page, VanillaKD=True, Teacher="MyNet", MyNetWidth=3)
    marked.unlink()
    forget()
    evil = {"Plugins": [str(page / "my_file.py")], **TINY, "Model": "MyNet", "MyNetWidth": 3}
    write(page, "evil.json", evil)
    active = dict(student.entry.document()["Active"])
    active |= {
        "a file": {"Teacher": str(page / "evil.json")},
        "an inline config": {"Teacher": evil},
        "a stanza": {"VanillaKD:Params": {"Teacher": str(page / "evil.json")}},
        "plugins among its values": {"Plugins": evil["Plugins"]},
    }[kind]
    edit(page / "cache", student.fingerprint, Active=active, Plugins=[])
    keys = {**STUDENT, "VanillaKD": True, "Teacher": student.fingerprint}
    assert main(["-c", write(page, "mine.json", keys), *WHERE]) == 1
    assert not marked.exists()


@pytest.mark.parametrize("record", [3, {"Path": "/x.py"}, ["/x.py"], [{"Path": "x.py"}], [{"Path": "/x\0.py"}]])
def test_a_damaged_record_of_plugins_is_reported_and_hides_no_other(record, page, teacher, capsys):
    Arch.run(STUDENT, cache=page / "cache", device="cpu")
    edit(page / "cache", teacher, Plugins=record)
    assert main(["show", "--cache", "cache"]) == 1
    shown = capsys.readouterr()
    assert "MLP" in shown.out
    assert "Traceback" not in shown.err
    assert main(["status", "--cache", "cache"]) == 0


def test_a_pipe_in_place_of_a_recorded_plugin_is_not_opened(page, teacher):
    (page / "my_file.py").unlink()
    os.mkfifo(page / "my_file.py")
    assert main(["show", teacher, "--cache", "cache"]) == 0
