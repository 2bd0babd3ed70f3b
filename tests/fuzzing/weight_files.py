"""Writes weight files, sound and hostile: `python -m tests.fuzzing.weight_files FOLDER SOURCE`.

Run in a process of its own, because it imports torch, and once: the fuzzer then changes copies of the files.
"""

from __future__ import annotations

import collections
import io
import os
import pickle
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

State = dict[str, Any]
MARK = "ran"


class Code:
    """An object whose unpickling makes a folder `ran` in the parent of the working directory."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (f"../{MARK}",)


class Deep:
    """An object whose unpickling calls a function of Python's library with odd values."""

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return collections.OrderedDict, ([("a", 1)] * 1_000,)


def write_all(folder: Path, source: Path) -> None:
    """Writes all files into an existing folder, from the weights in `source`."""
    state = dict(load_file(source))
    first = next(name for name, each in state.items() if each.ndim == 2)
    save_file(state, folder / "sound.safetensors")
    for name, content in _contents(state, first).items():
        torch.save(content, folder / name)
    torch.save(state, folder / "legacy.pth", _use_new_zipfile_serialization=False)
    for name, odd in {
        "half": state[first].half(),
        "double": state[first].double(),
        "nan": state[first] * float("nan"),
    }.items():
        save_file({**state, first: odd.contiguous()}, folder / f"{name}.safetensors")
    save_file({f"module.student.{key}": each for key, each in state.items()}, folder / "prefixed.safetensors")
    _write_code(folder, state)
    _write_archives(folder)


def _contents(state: State, first: str) -> dict[str, Any]:
    weight = state[first]
    odd = {f"{name}.pth": {**state, first: each} for name, each in _odd_weights(weight).items()}
    return odd | {
        "sound.pth": state,
        "wrapped.pth": {"epoch": 3, "state_dict": {f"module.{key}": each for key, each in state.items()}},
        **_nested(state),
        "list.pth": list(state.values()),
        "tensor.pth": weight,
        "nothing.pth": {},
        "numbers.pth": {1: weight, None: weight, ("a", 2): weight},
        "names.pth": {"\x1b[31mred": weight, "\u202ekcab": weight, "a" * 10_000: weight, "": weight},
        "many.pth": {f"layer{index}": weight[:1, :1].clone() for index in range(3_000)},
        "module.pth": torch.nn.Linear(2, 2),
        "optimizer.pth": torch.optim.SGD([torch.nn.Parameter(weight)], lr=0.1).state_dict(),
        "ordered.pth": Deep(),
    }


def _odd_weights(weight: torch.Tensor) -> dict[str, Any]:
    """Returns what stands in the place of the weights of a layer."""
    return {
        "nan": weight * float("nan"),
        "infinite": weight / 0,
        "bool": weight > 0,
        "complex": weight.to(torch.complex64),
        "integer": (weight * 100).long(),
        "bfloat": weight.bfloat16(),
        "sparse": weight.to_sparse(),
        "meta": weight.to("meta"),
        "huge": torch.zeros(1).expand(1 << 20, 1 << 20),
        "empty": weight[:0],
        "scalar": torch.tensor(1.0),
        "transposed": weight.T,
        "parameter": torch.nn.Parameter(weight),
        "none": None,
        "text": "\x1b[31mred\x1b[0m\u202e",
    }


def _nested(state: State) -> dict[str, Any]:
    """Returns containers in themselves, and in far too many others."""
    itself: dict[str, Any] = {"epoch": 3}
    itself["state_dict"] = itself
    ring: list[Any] = [1]
    ring.append(ring)
    deep: Any = state
    for _ in range(300):
        deep = {"state_dict": deep}
    return {"itself.pth": itself, "ring.pth": {"state_dict": ring, "model": ring}, "deep.pth": deep}


def _write_code(folder: Path, state: State) -> None:
    torch.save({**state, "more": Code()}, folder / "code.pth")
    torch.save({**state, "more": Code()}, folder / "code_legacy.pth", _use_new_zipfile_serialization=False)
    (folder / "pickle.pth").write_bytes(pickle.dumps(Code()))
    (folder / "pickle_of_numbers.pth").write_bytes(pickle.dumps({"a": [1, 2]}))


def _write_archives(folder: Path) -> None:
    """Writes a bomb in the format of torch, a tar archive, and a zip archive of another kind."""
    with zipfile.ZipFile(folder / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(b"\0" * (1 << 30), 4))
        archive.writestr("archive/version", "3\n")
    with zipfile.ZipFile(folder / "images.pth", "w") as archive:
        archive.writestr("../x.txt", "x")
    with tarfile.open(folder / "tar.pth", "w") as archive:
        info = tarfile.TarInfo("weights.pth")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))


if __name__ == "__main__":
    write_all(Path(sys.argv[1]), Path(sys.argv[2]))
