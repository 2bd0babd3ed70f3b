"""A reference that names nothing is told, whatever its kind, and leaves no entry in the cache."""

import json

import pytest

from Arch.cli.main import main
from Arch.errors import ArchError

TINY = {"Dataset": "Synthetic", "SyntheticSize": 4, "SyntheticSamples": 16, "Model": "resnet8", "NumEpochs": 1}


@pytest.mark.parametrize("key", ["Teacher", "PreTrainedFrom"])
@pytest.mark.parametrize(
    "reference",
    [
        "torchvision/resnet18@NO_SUCH_WEIGHTS",
        "torchvision/resnet1@IMAGENET1K_V1",
        "torchvision/resnet1",
        "timm/no_such_network@weights",
        "resnet14@absent.pth",
        "resnet14@notes.txt",
        "resnet99",
        "absent.json",
        "0123abcd",
        "0123456789abcdef0123456789abcdef",
    ],
)
def test_a_mistyped_reference_is_told_and_leaves_nothing(reference, key, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("no weights")
    switch = {"Teacher": "VanillaKD", "PreTrainedFrom": "PreTrained"}[key]
    (tmp_path / "one.json").write_text(json.dumps({**TINY, switch: True, key: reference}))
    try:
        code, told = main(["-c", "one.json", "--cache", "cache", "--device", "cpu"]), ""
    except ArchError as error:  # the program prints it in a sentence
        code, told = 2, str(error)
    told += capsys.readouterr().err
    assert code
    assert reference.partition("@")[2] in told or reference[:8] in told
    assert not list((tmp_path / "cache").glob("*"))


def test_weights_that_no_run_has_are_told_and_leave_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    teacher = {**TINY, "Model": "MLP", "MLPWidths": [2]}
    (tmp_path / "teacher.json").write_text(json.dumps(teacher))
    keys = {"VanillaKD": True, "Teacher": "teacher.json", "TeacherWeights": "Best"}
    (tmp_path / "one.json").write_text(json.dumps({**teacher, "MLPWidths": [3], **keys}))
    assert main(["-c", "one.json", "--cache", "cache", "--device", "cpu", "--quiet"]) == 1
    assert "Best" in capsys.readouterr().err
    assert len(list((tmp_path / "cache").iterdir())) == 1  # the teacher, which was trained
