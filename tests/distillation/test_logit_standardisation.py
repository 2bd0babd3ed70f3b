"""Oracle: closed forms by hand."""

import math

import pytest
import torch

from Arch.distillation.logit_standardisation import standardise
from Arch.errors import ShapeError


def test_each_example_gets_mean_zero_and_sample_deviation_one():
    logits = torch.tensor([[1.0, 2.0, 3.0], [10.0, 20.0, 60.0]], dtype=torch.float64)
    mean, deviation = 30.0, math.sqrt((400 + 100 + 900) / 2)
    expected = [[-1.0, 0.0, 1.0], [(z - mean) / deviation for z in (10.0, 20.0, 60.0)]]
    torch.testing.assert_close(standardise(logits), torch.tensor(expected, dtype=torch.float64), rtol=1e-6, atol=0)


def test_a_deviation_as_small_as_epsilon_shows_epsilon():
    found = standardise(torch.tensor([[0.0, 1e-7]], dtype=torch.float64))
    assert found[0, 1].item() == pytest.approx(0.5 / (math.sqrt(0.5) + 1.0), rel=1e-9)


def test_equal_logits_become_zero():
    assert standardise(torch.full((2, 5), 3.0)).abs().max() == 0


def test_a_single_class_has_no_deviation():
    with pytest.raises(ShapeError, match=r"\(2, 1\)"):
        standardise(torch.zeros(2, 1))
