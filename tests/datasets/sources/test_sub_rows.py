"""Tiny copies of the parquet files of SUB. Oracle: the split of scikit-learn of the written rows."""

import json

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from Arch.datasets.loading import load
from Arch.datasets.sources.sub import SUB
from Arch.errors import DataError
from tests.datasets.tiny_images import encoded, photo

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

N = 60
LABELS = {"bird_label": np.arange(N) % 3, "attr_label": np.arange(N) // 15}
NAMES = {"bird_label": ["owl", "jay", "tit"], "attr_label": ["red", "grey", "blue", "pink"]}


def write_rows(folder, with_names=True, rows_a_group=7, **changes):
    """Writes two files of thirty rows, like the `datasets` library."""
    folder.mkdir(parents=True)
    images = [{"bytes": encoded(photo(i)), "path": f"{i}.png"} for i in range(N)]
    table = pa.table({"image": images, **{name: changes.get(name, each) for name, each in LABELS.items()}})
    features = {name: {"names": names, "_type": "ClassLabel"} for name, names in NAMES.items()}
    if with_names:
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    for part in range(2):
        path = folder / f"test-0000{part}-of-00002.parquet"
        parquet.write_table(table.slice(30 * part, 30), path, row_group_size=rows_a_group)
    return folder


def expected_ids():
    rest, test = train_test_split(np.arange(N), test_size=0.3, random_state=42, stratify=LABELS["bird_label"])
    train, _ = train_test_split(rest, test_size=0.2, random_state=42, stratify=LABELS["bird_label"][rest])
    return {"train": sorted(train), "test": sorted(test)}


@pytest.mark.parametrize("below", ["", "data"])
@pytest.mark.parametrize(("target", "column"), [("bird", "bird_label"), ("attribute", "attr_label")])
def test_rows_are_split_as_in_the_source(target, column, below, root, tmp_path):
    write_rows(tmp_path / "sub" / below)
    data = load(SUB(target, "images"), root, data_path=tmp_path / "sub")
    assert data.classes == tuple(NAMES[column])
    for split, ids in expected_ids().items():
        found = data.train if split == "train" else data.test
        assert found.labels.tolist() == LABELS[column][ids].tolist()
        assert found.pixels.permute(0, 2, 3, 1).numpy().tolist() == [photo(i).tolist() for i in ids]


def test_classes_without_names_are_called_by_their_numbers(root, tmp_path):
    folder = write_rows(tmp_path / "sub", with_names=False)
    assert load(SUB("bird", "images"), root, data_path=folder, down_sample=4).classes == ("0", "1", "2")


def test_each_row_group_is_read_once(root, tmp_path, monkeypatch):
    read = []
    original = parquet.ParquetFile.read_row_group
    monkeypatch.setattr(
        parquet.ParquetFile,
        "read_row_group",
        lambda self, *words, **more: read.append(1) or original(self, *words, **more),
    )
    SUB("bird", "images").located(write_rows(tmp_path / "sub")).read(root, "test")
    assert len(read) == len({(i // 30, i % 30 // 7) for i in expected_ids()["test"]})


def test_a_truncated_file_is_named_in_the_error(root, tmp_path):
    folder = write_rows(tmp_path / "sub")
    (folder / "test-00001-of-00002.parquet").write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"cannot read .*sub: .* Replace the files by undamaged copies"):
        SUB("bird", "images").located(folder).read(root, "test")


def test_invalid_labels_are_refused(root, tmp_path):
    folder = write_rows(tmp_path / "sub", attr_label=[str(i) for i in range(N)])
    with pytest.raises(DataError, match=r"the column attr_label of .* does not hold labels"):
        SUB("bird", "images").located(folder).read(root, "test")
