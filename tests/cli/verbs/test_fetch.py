"""`fetch` and `names datasets`, as a user starts them, without a network."""

import dataclasses
import hashlib
import json

import pytest

from Arch.cli.main import main
from Arch.datasets.download.download import Remote, Source
from Arch.datasets.sources.catalogue import CATALOGUE
from Arch.errors import UnknownNameError
from tests.datasets.file_server import serving
from tests.test_architecture import HEAVY, ROOT, imported

CONTENT = b"x" * 100_000


@pytest.fixture
def server(monkeypatch):
    """A server with the only file of MNIST, and an address for SVHN that answers with 404."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving({"a.bin": CONTENT}) as server:
        md5 = hashlib.md5(CONTENT).hexdigest()
        for name, file in (("MNIST", "a.bin"), ("SVHN", "gone.bin")):
            source = Source(name, (Remote(server.url(file), file, md5, size=len(CONTENT)),))
            monkeypatch.setitem(CATALOGUE, name, dataclasses.replace(CATALOGUE[name], source=source, home=name))
        yield server


def test_fetch_reports_its_steps_and_the_folder(server, tmp_path, capsys):
    assert main(["fetch", "MNIST", "--data", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert said.out == f"MNIST: 98 KB in {tmp_path}/MNIST\n"
    assert said.err == "a.bin (98 KB)\nverifying a.bin\n"
    assert (tmp_path / "MNIST/a.bin").read_bytes() == CONTENT


def test_present_data_are_not_downloaded_again(server, tmp_path, capsys):
    rows = []
    for _ in range(2):
        assert main(["fetch", "MNIST", "MNIST", "--json", "--quiet", "--data", str(tmp_path)]) == 0
        said = capsys.readouterr()
        rows.append(json.loads(said.out))
        assert said.err == ""
    assert rows == [[{"name": "MNIST", "place": f"{tmp_path}/MNIST", "bytes": 100_000}]] * 2
    assert server.asked == [("a.bin", None)]


def test_an_unavailable_dataset_hides_no_other(server, tmp_path, capsys):
    assert main(["fetch", "SVHN", "ImageNet", "Arrays", "MNIST", "--data", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("MNIST: ")
    errors = [line for line in said.err.splitlines() if line.startswith("error: ")]
    assert [line.split(":")[1].strip() for line in errors] == [
        "cannot download gone.bin",
        "ImageNet cannot be downloaded",
        "there is nothing to download for Arrays. Give DataPath",
    ]


def test_built_in_data_need_no_download(tmp_path, capsys):
    assert main(["fetch", "Digits", "--data", str(tmp_path / "data")]) == 0
    assert capsys.readouterr().out == "Digits: It comes with scikit-learn.\n"
    assert not (tmp_path / "data").exists()


def test_a_planned_dataset_is_refused_with_the_reason(tmp_path):
    with pytest.raises(UnknownNameError, match=r"^no dataset named '10News'. It is not implemented: text models are"):
        main(["fetch", "10News", "--data", str(tmp_path)])


def test_a_list_adds_up_some_files_and_a_page_all_of_them(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("Arch.cli.shared.dataset_lines._MOST_FILES", 2)
    (tmp_path / "SVHN" / "deep").mkdir(parents=True)
    for name in ("a", "deep/b", "deep/c"):
        (tmp_path / "SVHN" / name).write_bytes(bytes(1000))
    main(["names", "datasets", "--data", str(tmp_path)])
    assert next(each for each in capsys.readouterr().out.splitlines() if "SVHN" in each).split()[2] == ">2.0"
    main(["names", "datasets", "SVHN", "--json", "--data", str(tmp_path)])
    assert json.loads(capsys.readouterr().out)[0]["bytes"] == 3000


def test_names_shows_which_data_are_present_their_size_and_place(server, tmp_path, capsys):
    main(["fetch", "MNIST", "--quiet", "--data", str(tmp_path)])
    capsys.readouterr()
    assert main(["names", "datasets", "--json", "--data", str(tmp_path)]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert (rows["MNIST"]["state"], rows["MNIST"]["bytes"], rows["MNIST"]["place"]) == (
        "present",
        100_000,
        f"{tmp_path}/MNIST",
    )
    assert {name: rows[name]["state"] for name in ("SVHN", "Digits", "ImageFolder", "DBpedia")} == {
        "SVHN": "absent",
        "Digits": "built in",
        "ImageFolder": "by path",
        "DBpedia": "planned",
    }
    assert rows["CUB200"]["how"] == "`main.py fetch CUB200`, or its first use, downloads 1.1 GB."
    assert rows["StanfordCars"]["how"].startswith(f"Put it into {tmp_path}/stanford_cars, or give DataPath.")
    assert (rows["CUB200"]["classes"], rows["CUB200"]["train"], rows["CUB200"]["test"]) == (200, 5_994, 5_794)


def test_an_unreadable_folder_hides_no_other_dataset(tmp_path, capsys):
    (tmp_path / "SVHN").symlink_to("SVHN")
    (tmp_path / "eurosat").mkdir()
    assert main(["names", "datasets", "--json", "--data", str(tmp_path)]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert {name: rows[name]["state"] for name in ("SVHN", "EuroSAT")} == {"SVHN": "broken", "EuroSAT": "absent"}
    assert rows["SVHN"]["how"].startswith(f"cannot read {tmp_path}/SVHN: too many levels of symbolic links.")


def test_names_has_a_line_for_each_dataset_and_a_page_for_one(tmp_path, capsys):
    main(["names", "datasets", "--data", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines} >= set(CATALOGUE)
    main(["names", "datasets", "CUB_200", "--data", str(tmp_path)])
    facts = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert (facts["name"], facts["train"], facts["state"]) == ("CUB200", "5,994", "absent")


def test_names_and_fetch_import_nothing_heavy(tmp_path):
    main_py, data = str(ROOT / "Scripts" / "main.py"), str(tmp_path / "data")
    for words in (["names", "datasets"], ["fetch", "ImageNet"]):
        call = f"sys.argv = {['main.py', *words, '--data', data]!r}\nrunpy.run_path({main_py!r}, run_name='__main__')"
        code = f"import runpy, sys\ntry:\n    {call.replace(chr(10), chr(10) + '    ')}\nexcept SystemExit:\n    pass"
        assert imported(code) & HEAVY == set()
