"""Files of tensors that claim more than they hold are refused before memory is taken for it."""

import io
import os
import tarfile
import tempfile
import zipfile

import pytest
import torch

from Arch import tensor_files
from Arch.tensor_files import ImplausibleTensorsError, plain_tensors, read_torch, regular_size


def test_what_torch_saved_is_read(tmp_path):
    torch.save({"a": torch.arange(5)}, tmp_path / "w.pth")
    assert read_torch(tmp_path / "w.pth")["a"].tolist() == [0, 1, 2, 3, 4]


def test_members_that_unpack_to_far_more_than_the_file_are_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(tensor_files, "_ALLOWANCE", 0)
    saved = io.BytesIO()
    torch.save({"a": torch.zeros(1_000_000)}, saved)
    with (
        zipfile.ZipFile(saved) as old,
        zipfile.ZipFile(tmp_path / "w.pth", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(ImplausibleTensorsError, match=r"would take 3\.8 MB: do not trust it"):
        read_torch(tmp_path / "w.pth")


def test_more_than_the_memory_of_the_machine_is_not_read(tmp_path, monkeypatch):
    torch.save({"a": torch.zeros(1000)}, tmp_path / "w.pth")
    monkeypatch.setattr(tensor_files, "memory_bytes", lambda: 3000)
    with pytest.raises(ImplausibleTensorsError, match=r"more memory than the 2\.9 KB of this machine"):
        read_torch(tmp_path / "w.pth")


def test_a_pipe_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "w.pth")
    with pytest.raises(ImplausibleTensorsError, match="it is a pipe or a device"):
        regular_size(tmp_path / "w.pth")


def test_a_tar_archive_is_refused_before_torch_makes_a_folder_for_it(tmp_path, monkeypatch):
    torch.save({"a": torch.ones(1)}, tmp_path / "w.pth")
    with tarfile.open(tmp_path / "w.tar", "w") as archive:
        archive.add(tmp_path / "w.pth", "w.pth")
    monkeypatch.delattr(tempfile, "mkdtemp")
    with pytest.raises(ImplausibleTensorsError, match="it is a tar archive, not a weight file: unpack it"):
        read_torch(tmp_path / "w.tar")


def test_a_number_that_is_repeated_without_end_is_refused(tmp_path):
    torch.save({"a": torch.ones(1).expand(10**12)}, tmp_path / "w.pth")  # four bytes and a stride of zero
    with pytest.raises(ImplausibleTensorsError, match=r"what it holds would take 3\.6 TB"):
        plain_tensors(read_torch(tmp_path / "w.pth"), tmp_path / "w.pth")


def test_shared_weights_are_no_fault(tmp_path):
    shared = torch.ones(1000)
    torch.save({"a": shared, "b": shared}, tmp_path / "w.pth")
    assert plain_tensors(read_torch(tmp_path / "w.pth"), tmp_path / "w.pth").keys() == {"a", "b"}


ODD = {
    "sparse": lambda: torch.eye(3).to_sparse(),
    "quantised": lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8),
    "without numbers": lambda: torch.ones(10**6, 10**6, device="meta"),
}


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
@pytest.mark.parametrize("kind", ODD)
def test_a_tensor_that_is_not_dense_is_refused(kind, tmp_path):
    torch.save({"fc.weight": ODD[kind]()}, tmp_path / "w.pth")
    with pytest.raises(ImplausibleTensorsError, match=rf"its tensor fc\.weight is .*{kind}"):
        plain_tensors(read_torch(tmp_path / "w.pth"), tmp_path / "w.pth")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({(1, 2): torch.ones(1)}, "has the tuple for a name"),
        ({"a" * 2000: torch.ones(1)}, "has a name of 2,000 characters"),
        (dict.fromkeys(range(100_001)), "holds 100,001 entries"),
    ],
    ids=["a key that is no text", "a long name", "too many entries"],
)
def test_names_and_their_number_are_bounded(content, words, tmp_path):
    torch.save({}, tmp_path / "w.pth")
    with pytest.raises(ImplausibleTensorsError, match=words):
        plain_tensors(content, tmp_path / "w.pth")


def test_values_that_are_no_tensors_are_left_out(tmp_path):
    torch.save({}, tmp_path / "w.pth")
    assert plain_tensors({1: 2, "lr": 0.1}, tmp_path / "w.pth") == {}
