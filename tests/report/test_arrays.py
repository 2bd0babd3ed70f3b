"""Oracle: the arrays that were written."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from Arch.errors import CorruptEntryError
from Arch.report.arrays import arrays_of
from Arch.types import ArrayInfo, Run
from tests.cached_runs import TEACHER

INFO = ArrayInfo(("class",), "share of the class that is predicted right", "no sample of the class")


@pytest.fixture
def kept(opened):
    """The entry of a run with one array."""

    def keep(values, infos):
        entry = opened(TEACHER)
        with entry.take(0) as lease, entry.write_run(0, lease) as writer:
            save_file(values, writer.folder / "Arrays.safetensors")
            writer.commit(Run(0, 0, (), {"accuracy": 0.5}, 1.0, {}, infos))
        return entry

    return keep


def test_arrays_come_back_with_axes_and_meaning(kept):
    entry = kept({"class_accuracy": np.array([0.5, np.nan])}, {"class_accuracy": INFO})
    (found,) = arrays_of(entry, 0).values()
    assert found.info == INFO
    np.testing.assert_array_equal(found.values, [0.5, np.nan])


def test_a_run_without_arrays_has_none(kept):
    assert arrays_of(kept({"other": np.zeros(1)}, {}), 0) == {}


def test_a_missing_array_is_damage_with_a_way_out(kept):
    entry = kept({"other": np.zeros(1)}, {"class_accuracy": INFO})
    with pytest.raises(CorruptEntryError, match=r"Arrays.safetensors .*`main.py rm .* --run 0 --apply`"):
        arrays_of(entry, 0)
