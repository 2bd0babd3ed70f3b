"""Each fault of tests/faults.json, given to the program, has one exact message and leaves no run in the cache."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from tests.faulty_arrays import FAULTY
from tests.repository import ROOT

TABLE = json.loads((Path(__file__).parent / "faults.json").read_text())


# every third mistake is made in the fast tests; all are made with the slow ones
MARKED = [
    pytest.param(fault, id=fault["name"], marks=() if index % 3 == 0 else pytest.mark.slow)
    for index, fault in enumerate(TABLE)
]


@pytest.mark.parametrize("fault", MARKED)
def test_a_mistake_gives_its_message_and_leaves_no_run(fault, program, tmp_path):
    done, places = provoke(fault, program, tmp_path)
    assert "Traceback" not in done.stderr
    assert spoken(done.stderr, places) == fault["message"]
    assert done.returncode == fault.get("code", 2)
    assert done.stdout == ""
    assert left_behind(tmp_path) == set()


def test_the_table_has_at_least_forty_faults_of_different_names():
    assert len({fault["name"] for fault in TABLE}) == len(TABLE) >= 40


def provoke(fault, program, folder):
    """Writes the files of a fault and starts the program on them."""
    places = {"{config}": folder / "config.json", "{empty}": folder / "empty", "{images}": folder / "images.zip"}
    places["{arrays}"] = folder / "arrays.npz"
    (folder / "empty").mkdir()
    if "arrays" in fault:
        FAULTY[fault["arrays"]](folder / "arrays.npz")
    if "images" in fault:
        IMAGES[fault["images"]](folder / "images.zip")
    if "config" in fault:
        (folder / "config.json").write_text(filled(fault["config"], places))
    if "bytes" in fault:
        (folder / "config.json").write_bytes(bytes.fromhex(fault["bytes"]))
    (folder / "cache").mkdir()
    if "rules" in fault:
        (folder / "cache" / "BaselineConfig.cjson").write_text(broken_rules(fault["rules"]))
    arguments = [filled(word, places) for word in fault["arguments"]]
    done = program(
        fault.get("program", "main.py"), *arguments, "--cache", "cache", "--data", "data", "--quiet", cwd=folder
    )
    return done, {**places, "{folder}": folder, "{root}": ROOT}


def broken_rules(replacements):
    text = (ROOT / "KDTrainer" / "BaselineConfig.cjson").read_text()
    for old, new in replacements:
        assert text.count(old) >= 1, f"the rules no longer hold {old!r}"
        text = text.replace(old, new, 1)
    return text


def filled(text, places):
    for name, place in places.items():
        text = text.replace(name, str(place))
    return text


def spoken(text, places):
    """Returns the program's output with the folders of the test replaced by their names."""
    for name, place in places.items():
        text = text.replace(str(place), name)
    return text.strip()


def left_behind(folder):
    """Returns the files in the cache, except those of a failed attempt or a foreign network, and figures."""
    entries = [path for path in (folder / "cache").iterdir() if path.is_dir()]
    told = {path for path in entries if (path / "Work/000/Failure.json").exists() and not (path / "Runs").exists()}
    told |= {path for path in entries if "Network" in json.loads((path / "Config.json").read_text())["Active"]}
    return {path.name for path in entries if path not in told} | {path.name for path in folder.glob("figures")}


def jpeg(size=8, shade=0):
    content = io.BytesIO()
    Image.new("RGB", (size, size), (shade, 255 - shade, 128)).save(content, "JPEG")
    return content.getvalue()


def images(path, change=None, splits=("train", "test")):
    """Writes a zip of two classes with eight images each, whose members `change` may alter."""
    members = {
        f"{split}/{name}/{number}.jpg": jpeg(shade=10 * number)
        for split in splits
        for name in ("cat", "dog")
        for number in range(8)
    }
    if change:
        change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def corrupt_zip(path):
    images(path)
    path.write_bytes(path.read_bytes()[:-30])


IMAGES = {
    "sound": images,
    "corrupt image": lambda path: images(path, lambda members: members.update({"train/cat/3.jpg": b"\xff\xd8 torn"})),
    "corrupt zip": corrupt_zip,
    "no zip": lambda path: path.write_bytes(b"plain words"),
    "climbing member": lambda path: images(path, lambda members: members.update({"../train/cat/9.jpg": jpeg()})),
    "missing class": lambda path: images(path, lambda members: [members.pop(f"test/dog/{n}.jpg") for n in range(8)]),
    "two sizes": lambda path: images(path, lambda members: members.update({"train/cat/3.jpg": jpeg(16)})),
    "no images": lambda path: images(path, dict.clear),
    "no test": lambda path: images(path, splits=("train",)),
}
