"""Oracles: closed forms, and torch's own schedulers."""

import math

import pytest
import torch
from torch.optim import lr_scheduler

from Arch.training.fit.schedules import SCHEDULES
from Arch.training.fit.schedules.constant import Constant
from Arch.training.fit.schedules.cosine import Cosine
from Arch.training.fit.schedules.exp import Exp
from Arch.training.fit.schedules.multi_step import MultiStep
from Arch.training.fit.schedules.one_cycle import OneCycle
from Arch.training.fit.schedules.schedule import Clock

EPOCHS, STEPS = 6, 5


def rates(schedule, epochs=EPOCHS, steps=STEPS):
    return [schedule.rate(Clock(step, steps, epochs)) for step in range(epochs * steps)]


def torchs_rates(make, rate, *, each, epochs=EPOCHS, steps=STEPS):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    scheduler = make(optimizer)
    found = []
    for step in range(1, epochs * steps + 1):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step % each == 0 and step < epochs * steps:
            scheduler.step()
    return found


def test_a_constant_rate_is_constant():
    assert rates(Constant(0.3, warmup_epochs=0)) == [0.3] * 30


def test_warm_up_is_linear_and_reaches_the_rate_at_its_last_step():
    found = rates(Constant(0.3, warmup_epochs=2))
    assert found[:10] == pytest.approx([0.3 * k / 10 for k in range(1, 11)])
    assert found[10:] == [0.3] * 20


def test_multi_step_drops_after_the_numbered_epochs():
    found = rates(MultiStep(0.1, 0, lr_steps=(2, 5), lr_step_mult=0.1))
    assert found == pytest.approx([0.1] * 10 + [0.01] * 15 + [0.001] * 5)


def test_the_recipe_of_240_epochs_first_drops_in_epoch_151():
    schedule = MultiStep(0.05, 0, lr_steps=(150, 180, 210), lr_step_mult=0.1)
    first_of_epoch = [schedule.rate(Clock(782 * (epoch - 1), 782, 240)) for epoch in (150, 151, 181, 211, 240)]
    assert first_of_epoch == pytest.approx([0.05, 0.005, 0.0005, 0.00005, 0.00005])
    assert schedule.rate(Clock(782 * 150 - 1, 782, 240)) == 0.05


def test_multi_step_agrees_with_torch():
    expected = torchs_rates(lambda o: lr_scheduler.MultiStepLR(o, [2, 4], gamma=0.3), 0.1, each=STEPS)
    assert rates(MultiStep(0.1, 0, (2, 4), 0.3)) == pytest.approx(expected)


def test_exp_agrees_with_torch():
    expected = torchs_rates(lambda o: lr_scheduler.ExponentialLR(o, gamma=0.9), 0.1, each=STEPS)
    assert rates(Exp(0.1, 0, power=0.9)) == pytest.approx(expected)


def test_cosine_agrees_with_torch_step_by_step():
    expected = torchs_rates(lambda o: lr_scheduler.CosineAnnealingLR(o, 30, eta_min=0.02), 0.1, each=1)
    assert rates(Cosine(0.1, 0, final_lr=0.02)) == pytest.approx(expected)


def test_cosine_is_halfway_at_half_of_the_steps():
    assert Cosine(0.1, 0, final_lr=0.02).rate(Clock(15, STEPS, EPOCHS)) == pytest.approx(0.06)


@pytest.mark.parametrize("pct_start", [0.1, 0.3, 0.75])
def test_one_cycle_agrees_with_torch_over_exactly_all_steps(pct_start):
    def make(optimizer):
        return lr_scheduler.OneCycleLR(
            optimizer, 0.4, total_steps=EPOCHS * STEPS, pct_start=pct_start, cycle_momentum=False
        )

    assert rates(OneCycle(0.4, pct_start)) == pytest.approx(torchs_rates(make, 0.4, each=1), rel=1e-6)


def test_one_cycle_has_the_documented_start_peak_and_end():
    found = rates(OneCycle(0.4, pct_start=0.3), epochs=10, steps=10)
    assert found[0] == pytest.approx(0.4 / 25)
    assert max(found) == found[29] == pytest.approx(0.4)
    assert found[-1] == pytest.approx(0.4 / 25 / 1e4)


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_one_cycle_works_for_fits_of_a_few_steps(epochs):
    assert all(0 < rate <= 0.4 for rate in rates(OneCycle(0.4, 0.3), epochs, steps=1))


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_every_schedule_gives_finite_positive_rates(name, resolver):
    config = resolver.resolve({"Dataset": "Synthetic", "Model": "MLP", "LRScheduler": name})
    found = rates(config.fill(SCHEDULES[name], name))
    assert all(math.isfinite(rate) and rate > 0 for rate in found)
