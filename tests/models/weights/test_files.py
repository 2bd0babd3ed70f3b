"""Weight files: valid ones of torch and safetensors, damaged ones, and files of another kind."""

import os
import pickle
import zipfile

import pytest
import safetensors.torch
import torch
from torch import nn

from Arch.errors import ModelError
from Arch.models.weights.files import read_weights

STATE = {"fc.weight": torch.arange(200.0).view(4, 50), "fc.bias": torch.ones(4)}


def test_safetensors_are_read_as_they_were_written(tmp_path):
    safetensors.torch.save_file(STATE, tmp_path / "w.safetensors")
    state = read_weights(tmp_path / "w.safetensors")
    assert state.keys() == STATE.keys()
    assert all(torch.equal(state[key], STATE[key]) for key in STATE)


class Harmful:
    def __reduce__(self):
        return print, ("code ran",)


@pytest.mark.parametrize("content", [Harmful(), nn.Linear(2, 2), {"state_dict": Harmful()}])
def test_a_file_of_python_objects_is_refused_and_runs_no_code(content, tmp_path, capsys):
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(ModelError, match=r"holds Python objects, .* save the network's state_dict\(\)"):
        read_weights(tmp_path / "w.pth")
    assert capsys.readouterr().out == ""


def test_a_bare_pickle_is_refused_without_torchs_advice(tmp_path, capsys):
    (tmp_path / "w.pth").write_bytes(pickle.dumps(Harmful(), protocol=4))  # torch warns of this protocol
    with pytest.raises(ModelError, match="cannot be read as tensors alone"):
        read_weights(tmp_path / "w.pth")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("w.pth", b"plain words", "cannot be read as tensors alone: the file is damaged, not a weight file"),
        ("w.pth", b"", r"cannot be read \(EOFError: unexpected end of file\): the file is damaged, truncated"),
        ("w.safetensors", b"\xff" * 20, r"cannot be read \(SafetensorError: .*\): the file is damaged"),
        ("none.pth", None, "cannot be read: No such file"),
    ],
)
def test_a_file_without_weights_is_refused(name, content, words, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=words):
        read_weights(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "save"), [("w.pth", torch.save), ("w.safetensors", safetensors.torch.save_file)], ids=["torch", "safe"]
)
def test_a_truncated_file_is_refused(name, save, tmp_path):
    path = tmp_path / name
    save(STATE, path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ModelError, match=f"{name} cannot be read .*the file is damaged, truncated"):
        read_weights(path)


@pytest.mark.parametrize(
    "content",
    [b"\x80\x02.", b"\x80\x02}}}s.", pickle.dumps(("storage", "Float", "0", "cpu", 4), protocol=2)[:-1] + b"Q."],
    ids=["it gives back what it never made", "a dict is a key", "a storage is of no type"],
)
def test_an_invalid_pickle_is_refused(content, tmp_path):
    torch.save(STATE, tmp_path / "whole.pth")
    repack(tmp_path, content)
    with pytest.raises(ModelError, match=r"cannot be read \((Index|Type|Attribute)Error: .*the file is damaged"):
        read_weights(tmp_path / "w.pth")


@pytest.mark.parametrize(
    ("content", "held"),
    [
        ({"epoch": 1, "lr": 2}, "a dict with the keys epoch, lr"),
        ([torch.ones(1)], "a list"),
        ({}, "a dict with the keys none"),
        ({"state_dict": {}}, "a dict with the keys none"),
    ],
)
def test_a_file_without_a_state_dict_is_refused(content, held, tmp_path):
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(ModelError, match=f"must be a state dict, .* the file holds {held}"):
        read_weights(tmp_path / "w.pth")


def test_a_dict_that_contains_itself_is_refused(tmp_path):
    content = {}
    content["state_dict"] = content
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(ModelError, match=r"w\.pth hold their state dict in more than 8 dicts, or in itself"):
        read_weights(tmp_path / "w.pth")


def test_a_state_dict_in_seven_dicts_is_found(tmp_path):
    content = dict(STATE)
    for _ in range(7):
        content = {"model": content}
    torch.save(content, tmp_path / "w.pth")
    assert read_weights(tmp_path / "w.pth").keys() == STATE.keys()


@pytest.mark.parametrize("depth", [8, 100_000])
def test_dicts_in_dicts_are_followed_to_a_limit(depth, tmp_path):
    torch.save(STATE, tmp_path / "whole.pth")
    repack(tmp_path, nested_pickle(depth))
    with pytest.raises(ModelError, match="in more than 8 dicts"):
        read_weights(tmp_path / "w.pth")


def nested_pickle(depth):
    """A pickle of dicts in dicts, which pickle itself can write only to a small depth."""
    return b"\x80\x02" + b"}X\x05\x00\x00\x00model" * depth + b"}" + b"s" * depth + b"."


def repack(folder, content):
    """Replaces the pickle in a file of weights."""
    with zipfile.ZipFile(folder / "whole.pth") as old, zipfile.ZipFile(folder / "w.pth", "w") as new:
        for name in old.namelist():
            new.writestr(name, content if name.endswith("data.pkl") else old.read(name))


@pytest.mark.parametrize("error", [MemoryError, RecursionError, OverflowError, UnicodeError, NotImplementedError])
def test_whatever_the_reader_raises_names_the_file(error, tmp_path, monkeypatch):
    def fail(*arguments, **options):
        raise error

    torch.save(STATE, tmp_path / "w.pth")
    monkeypatch.setattr(torch, "load", fail)
    with pytest.raises(ModelError, match=rf"w\.pth cannot be read \({error.__name__}: "):
        read_weights(tmp_path / "w.pth")


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
def test_a_pipe_in_place_of_weights_is_refused(name, tmp_path):
    os.mkfifo(tmp_path / name)
    with pytest.raises(ModelError, match=rf"{name} are refused: it is a pipe or a device, not a file\."):
        read_weights(tmp_path / name)


def test_keys_of_any_kind_are_named_in_a_bounded_message(tmp_path):
    torch.save({10**300: 1, (1, 2): 2, "k" * 100_000: 3}, tmp_path / "w.pth")
    with pytest.raises(ModelError, match=r"with the keys a int, a tuple, k{60}\."):
        read_weights(tmp_path / "w.pth")


HEADERS = {
    "longer than the file": (10**12, b"{}"),
    "offsets beyond the file": (None, b'{"a":{"dtype":"F32","shape":[10],"data_offsets":[0,40]}}'),
    "overlapping tensors": (
        None,
        b'{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}',
    ),
    "an unknown type": (None, b'{"a":{"dtype":"X9","shape":[4],"data_offsets":[0,4]}}'),
    "a huge shape": (None, b'{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,4]}}'),
    "no JSON": (None, b"[" * 5000),
}


@pytest.mark.parametrize("fault", HEADERS)
def test_a_faulty_header_of_safetensors_is_refused(fault, tmp_path):
    size, header = HEADERS[fault]
    content = (len(header) if size is None else size).to_bytes(8, "little") + header + bytes(4)
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match=r"w\.safetensors cannot be read \(SafetensorError: "):
        read_weights(tmp_path / "w.safetensors")
