"""Oracle: the tensors before they were saved."""

import pytest
import torch
from safetensors.torch import load_file

from Arch.errors import TrainingError
from Arch.training.run.outcomes import save
from Arch.training.run.stage import Outcome
from Arch.training.scores import Array
from Arch.types import ArrayInfo


def test_weights_in_any_memory_format_are_saved(tmp_path):
    weight = torch.arange(24.0).view(1, 2, 3, 4).contiguous(memory_format=torch.channels_last)
    save(Outcome({}, weights={"w": {"weight": weight}}), tmp_path)
    torch.testing.assert_close(load_file(tmp_path / "w.safetensors")["weight"], weight, rtol=0, atol=0)


def test_an_outcome_without_tensors_writes_no_file(tmp_path):
    save(Outcome({"accuracy": 1.0}), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_array_needs_a_name_for_each_axis():
    with pytest.raises(TrainingError, match=r"shape \(2, 3\)"):
        Array(torch.zeros(2, 3), ArrayInfo(("class",), "count"))


def test_missing_values_need_a_reason():
    with pytest.raises(TrainingError, match="gives no reason"):
        Array(torch.tensor([float("nan")]), ArrayInfo(("class",), "accuracy"))
    assert Array(torch.tensor([float("nan")]), ArrayInfo(("class",), "accuracy", "no sample of the class"))
