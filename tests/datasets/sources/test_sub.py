"""Tiny embeddings and images of SUB. Oracle: the split of scikit-learn of the written arrays and files."""

import sys

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from sklearn.model_selection import train_test_split

from Arch.datasets.loading import load
from Arch.datasets.sources.sub import SUB
from Arch.errors import DataError
from tests.datasets.tiny_images import encoded, photo, write_folder

N = 60
BIRDS = np.arange(N) % 3
ATTRIBUTES = np.arange(N) // 15
EMBEDDINGS = np.random.default_rng(0).normal(size=(N, 5)).astype(np.float32)
ARRAYS = {"embeddings": EMBEDDINGS, "labels": BIRDS, "attributes": ATTRIBUTES}


def expected_split():
    """Splits all arrays by the two calls of the source."""
    x, x_test, a, a_test, y, y_test = train_test_split(
        EMBEDDINGS, ATTRIBUTES, BIRDS, test_size=0.3, random_state=42, stratify=BIRDS
    )
    x_train, _, a_train, _, y_train, _ = train_test_split(x, a, y, test_size=0.2, random_state=42, stratify=y)
    return {"train": (x_train, y_train, a_train), "test": (x_test, y_test, a_test)}


def write_embeddings(path, **changes):
    arrays = {name: array for name, array in {**ARRAYS, **changes}.items() if array is not None}
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    elif path.suffix == ".safetensors":
        save_file(arrays, path)
    else:
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        torch.save({**tensors, "model": "facebook/dinov2-base", "image_size": 512}, path)
    return path


@pytest.mark.parametrize("target", ["bird", "attribute"])
@pytest.mark.parametrize("suffix", [".pt", ".npz", ".safetensors"])
def test_embeddings_are_split_as_in_the_source(suffix, target, root, tmp_path):
    data = load(SUB(target, "embeddings"), root, data_path=write_embeddings(tmp_path / f"e{suffix}"))
    for split, (x, birds, attributes) in expected_split().items():
        found = data.train if split == "train" else data.test
        assert found.pixels[:, :, 0, 0].numpy().tolist() == x.tolist()
        assert found.labels.tolist() == (birds if target == "bird" else attributes).tolist()
    assert data.classes == tuple("012" if target == "bird" else "0123")


@pytest.mark.parametrize("suffix", [".pt", ".npz", ".safetensors"])
def test_embeddings_are_read_from_the_data_folder(suffix, root):
    write_embeddings(root / "SUB" / f"SUB_dinov2_embeddings{suffix}")
    assert len(load(SUB("bird", "embeddings"), root).train) == 33


def write_images(folder):
    names = [f"{'abc'[bird]}/{'wxyz'[a]}/{i:02}.png" for i, (bird, a) in enumerate(zip(BIRDS, ATTRIBUTES, strict=True))]
    return sorted(names), write_folder(folder, {name: encoded(photo(int(name[4:6]))) for name in names})


@pytest.mark.parametrize("target", ["bird", "attribute"])
def test_images_are_split_by_birds_in_the_order_of_file_names(target, root, tmp_path):
    names, folder = write_images(tmp_path / "images")
    birds = [name[0] for name in names]
    rest, test = train_test_split(np.arange(N), test_size=0.3, random_state=42, stratify=birds)
    train, _ = train_test_split(rest, test_size=0.2, random_state=42, stratify=np.array(birds)[rest])
    data = load(SUB(target, "images"), root, data_path=folder)
    assert data.classes == tuple("abc" if target == "bird" else "wxyz")
    for found, ids in ((data.train, sorted(train)), (data.test, sorted(test))):
        letters = [names[i][0 if target == "bird" else 2] for i in ids]
        assert [data.classes[label] for label in found.labels] == letters
        pixels = np.stack([photo(int(names[i][4:6])) for i in ids])
        assert found.pixels.permute(0, 2, 3, 1).numpy().tolist() == pixels.tolist()


def test_images_can_be_shrunk_but_embeddings_cannot(root, tmp_path):
    write_images(root / "SUB")
    assert load(SUB("bird", "images"), root, down_sample=3).shape == (3, 3, 3)
    path = write_embeddings(tmp_path / "e.npz")
    with pytest.raises(DataError, match=r"DownSample 3 cannot shrink float32 numbers"):
        load(SUB("bird", "embeddings"), root, data_path=path, down_sample=3)


FAULTS = {
    "an array missing": ({"attributes": None}, r"e.npz has no attributes; it has embeddings, labels"),
    "labels of others": (
        {"labels": BIRDS[:9]},
        r"labels in .* has shape \(9,\); expected one label for each of the 60",
    ),
    "a bird that is alone": ({"labels": np.append(BIRDS[:-1], 3)}, r"cannot be split into parts with all classes: "),
    "embeddings of one number": ({"embeddings": EMBEDDINGS[:, 0]}, r"embeddings in .* has shape .*; expected vectors"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_gives_an_error_of_one_sentence(name, root, tmp_path):
    changes, message = FAULTS[name]
    with pytest.raises(DataError, match=message):
        load(SUB("bird", "embeddings"), root, data_path=write_embeddings(tmp_path / "e.npz", **changes))


def test_a_file_that_would_run_code_is_not_read(root, tmp_path):
    torch.save({"embeddings": print}, tmp_path / "e.pt")
    with pytest.raises(
        DataError, match=r"cannot read .*e.pt: it is damaged or holds other objects than tensors. Save a"
    ):
        load(SUB("bird", "embeddings"), root, data_path=tmp_path / "e.pt")


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("embeddings", r"there is no SUB_dinov2_embeddings.pt \(or .npz, .safetensors\) in .*SUB: put the embeddings"),
        ("images", r"there is no folder .*SUB. DataPath must name the folder of the images of SUB"),
    ],
)
def test_missing_data_are_an_error_that_names_the_folder(form, message, root):
    with pytest.raises(DataError, match=message):
        load(SUB("bird", form), root)


def test_an_image_without_an_attribute_is_named_in_the_error(root, tmp_path):
    write_folder(tmp_path, {"a/0.png": encoded(photo(0)), "a/w/1.png": encoded(photo(1))})
    with pytest.raises(DataError, match=r"a/0.png is not in a folder of an attribute: expected bird/attribute/image"):
        load(SUB("attribute", "images"), root, data_path=tmp_path)


def test_parquet_files_need_an_optional_extra(root, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "test-00000-of-00001.parquet").write_bytes(b"")
    with pytest.raises(DataError, match=r"holds parquet files, which need pyarrow: install the extra \[parquet\]"):
        load(SUB("bird", "images"), root, data_path=tmp_path)
