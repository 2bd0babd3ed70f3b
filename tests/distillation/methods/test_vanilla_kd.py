"""Oracles: the definition in literal loops, and the gradient (p_s - p_t) / (T B) in closed form."""

import math

import pytest
import torch

from Arch.distillation.logit_standardisation import standardise
from Arch.distillation.methods.vanilla_kd import VanillaKD, hinton_kl
from Arch.errors import ShapeError, TrainingError
from Arch.tensors import Batch, Trace

STUDENT = torch.tensor([[2.0, -1.0, 0.5, 1.0], [0.0, 3.0, -2.0, 0.3]], dtype=torch.float64)
TEACHER = torch.tensor([[1.0, 0.0, -0.5, 4.0], [2.0, 1.0, -1.0, 0.0]], dtype=torch.float64)
BATCH = Batch(torch.zeros(2, 1), torch.zeros(2, 1), torch.tensor([0, 1]), torch.arange(2))


def softmax(row, temperature):
    powers = [math.exp(z / temperature) for z in row]
    return [power / sum(powers) for power in powers]


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_hinton_kl_is_the_mean_divergence_without_a_factor_of_the_squared_temperature(temperature):
    total = 0.0
    for ours, theirs in zip(STUDENT.tolist(), TEACHER.tolist(), strict=True):
        for p_s, p_t in zip(softmax(ours, temperature), softmax(theirs, temperature), strict=True):
            total += p_t * (math.log(p_t) - math.log(p_s))
    assert hinton_kl(STUDENT, TEACHER, temperature).item() == pytest.approx(total / 2, rel=1e-12)


def test_its_gradient_is_the_difference_of_the_softened_predictions():
    student = STUDENT.clone().requires_grad_()
    hinton_kl(student, TEACHER, 4.0).backward()
    expected = ((STUDENT / 4).softmax(1) - (TEACHER / 4).softmax(1)) / (4 * 2)
    torch.testing.assert_close(student.grad, expected)


def test_it_agrees_with_finite_differences():
    student = STUDENT.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda z: hinton_kl(z, TEACHER, 4.0), student)


def test_it_vanishes_where_both_predict_the_same():
    assert hinton_kl(STUDENT + 7.0, STUDENT, 2.0).item() == pytest.approx(0.0, abs=1e-12)


def test_logits_of_another_shape_are_refused_with_both_shapes():
    with pytest.raises(ShapeError, match=r"\(2, 4\).*\(1, 4\)"):
        hinton_kl(STUDENT, TEACHER[:1], 4.0)


def test_the_term_compares_standardised_logits_when_asked():
    found = VanillaKD(4.0, normalize_logits=True)(BATCH, Trace(STUDENT), Trace(TEACHER))
    torch.testing.assert_close(found, hinton_kl(standardise(STUDENT), standardise(TEACHER), 4.0))


def test_the_term_compares_logits_as_they_are_otherwise():
    found = VanillaKD(4.0, normalize_logits=False)(BATCH, Trace(STUDENT), Trace(TEACHER))
    torch.testing.assert_close(found, hinton_kl(STUDENT, TEACHER, 4.0))


def test_without_a_teacher_the_term_raises():
    with pytest.raises(TrainingError, match="no teacher"):
        VanillaKD(4.0, normalize_logits=False)(BATCH, Trace(STUDENT), None)
