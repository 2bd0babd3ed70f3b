"""Oracle: the same step written out with torch alone."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from Arch.callbacks import SilentWatcher
from Arch.datasets.normalization import Normalizer
from Arch.distillation.methods.cross_entropy import CrossEntropy
from Arch.distillation.methods.vanilla_kd import VanillaKD
from Arch.errors import ModelError
from Arch.models.build import build
from Arch.training.engine import choose_engine
from Arch.training.fit.batches import Batches
from Arch.training.fit.learner import Learner, Recipe
from Arch.training.fit.objective import Objective, WeightedTerm
from Arch.training.fit.optimizers.recipe import parameter_groups
from Arch.training.fit.optimizers.sgd import SGD
from Arch.training.fit.schedules.constant import Constant
from Arch.training.networks.frozen import FrozenNetwork
from Arch.training.streams import Streams

CE = WeightedTerm("CE", 0.5, CrossEntropy(label_smoothing=0.0))
KD = WeightedTerm("KD", 16.0, VanillaKD(4.0, normalize_logits=False))


@pytest.fixture
def batches(data):
    return Batches(data.train, Normalizer.of(data.normalization, data.shape), 16, Streams(0, 0))


@pytest.fixture
def network():
    return build("resnet8", (3, 4, 4), 4, seed=0, batch_norm=True)


@pytest.fixture
def teacher():
    return build("resnet14", (3, 4, 4), 4, seed=1, batch_norm=True)


def learner(network, engine, objective=None, clipping=0.0, decay=0.0):
    objective = objective or Objective((CE,))
    groups = parameter_groups((network, *objective.modules), 0.01, decays_norm_and_bias=True)
    recipe = Recipe(16, 2, 1, clipping, decay)
    return Learner(
        engine.place(network),
        objective,
        SGD(0.9, nesterov=False).build(groups),
        Constant(0.1, 0),
        recipe=recipe,
        engine=engine,
    )


def literal_epoch(network, teacher, batches, clipping=0.0):
    """Trains for an epoch; returns the sums of loss, cross-entropy, divergence and correct predictions."""
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01)
    sums = [0.0] * 4
    network.train()
    teacher.eval()
    for batch in batches:
        logits = network(batch.images)
        theirs = teacher(batch.images).detach()
        ce = F.cross_entropy(logits, batch.labels)
        kd = ((theirs / 4).softmax(1) * ((theirs / 4).log_softmax(1) - (logits / 4).log_softmax(1))).sum(1).mean()
        loss = 0.5 * ce + 16.0 * kd
        optimizer.zero_grad()
        loss.backward()
        if clipping:
            norm = torch.sqrt(sum((each.grad**2).sum() for each in network.parameters()))
            for each in network.parameters():
                each.grad *= min(1.0, clipping / norm)
        optimizer.step()
        values = (loss, ce, kd, (logits.argmax(1) == batch.labels).float().mean())
        sums = [total + value.item() * len(batch.labels) for total, value in zip(sums, values, strict=True)]
    return sums


@pytest.mark.parametrize("clipping", [0.0, 0.05])
def test_an_epoch_equals_that_of_a_plain_loop(engine, batches, network, teacher, clipping):
    plain = copy.deepcopy(network)
    sums = literal_epoch(plain, copy.deepcopy(teacher), batches.epoch(1), clipping)
    objective = Objective((CE, KD), FrozenNetwork(teacher, engine))
    found = learner(network, engine, objective, clipping).train_epoch(
        batches.epoch(1), batches.steps, SilentWatcher().step_done
    )
    assert list(found) == ["loss", "loss/CE", "loss/KD", "accuracy"]
    assert list(found.values()) == pytest.approx([total / 65 for total in sums], rel=1e-3)
    for ours, theirs in zip(network.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)


def test_the_teacher_does_not_change(engine, batches, network, teacher):
    before = copy.deepcopy(teacher.state_dict())
    frozen = FrozenNetwork(teacher, engine)
    images = next(batches.epoch(1)).images
    seen = frozen.trace(images).logits
    fit = learner(network, engine, Objective((KD,), frozen))
    fit.train_epoch(batches.epoch(1), batches.steps, SilentWatcher().step_done)
    torch.testing.assert_close(frozen.trace(images).logits, seen, rtol=0, atol=0)
    assert all(torch.equal(before[key], each) for key, each in teacher.state_dict().items())


def test_a_frozen_network_predicts_as_the_network_in_evaluation_mode(engine, batches, teacher):
    teacher.train()(next(batches.epoch(1)).images)  # running statistics that differ from 0 and 1
    images = next(batches.epoch(2)).images
    expected = teacher.eval()(images)
    found = FrozenNetwork(teacher, engine).trace(images).logits
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert not found.requires_grad


def test_the_accuracy_of_mixed_images_uses_the_label_with_the_larger_share(engine, batches, network):
    batch = next(batches.epoch(1))
    partners, shares = torch.arange(16).roll(-1), torch.linspace(0, 1, 16)
    right = [batch.labels[i] if shares[i] >= 0.5 else batch.labels[partners[i]] for i in range(16)]
    guesses = network.train()(batch.images).argmax(1)
    found = learner(network, engine).step(replace(batch, partners=partners, shares=shares), batches.steps)
    assert found[-1].item() == pytest.approx(sum(int(a == b) for a, b in zip(guesses, right, strict=True)) / 16)


def test_averaged_weights_are_evaluated(engine, batches, network):
    following = learner(network, engine, decay=0.7)
    assert following.evaluated is not network
    expected = None
    for batch in batches.epoch(1):
        following.step(batch, batches.steps)
        weight = network.state_dict()["fc.weight"].clone()
        expected = weight if expected is None else 0.7 * expected + 0.3 * weight
    torch.testing.assert_close(following.evaluated.state_dict()["fc.weight"], expected)


def test_weights_of_a_network_whose_copy_would_need_the_original_are_not_averaged(engine, network):
    network.network.bn1.register_forward_hook(lambda _module, _args, out: out * network.network.bn1.weight.sum())
    learner(network, engine)
    with pytest.raises(ModelError, match="cannot be copied: the copy computes with the original's weights"):
        learner(network, engine, decay=0.7)


def test_a_loss_term_with_parameters_is_trained_with_the_student(engine, batches, network):
    class Scale(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.tensor(1.0))

        def forward(self, batch, student, teacher):
            return F.cross_entropy(self.scale * student.logits, batch.labels)

    term = Scale()
    learner(network, engine, Objective((WeightedTerm("scale", 1.0, term),))).step(next(batches.epoch(1)), batches.steps)
    assert term.scale.item() != 1.0


def test_bfloat16_keeps_weights_and_losses_in_float32(batches, network, teacher):
    engine = choose_engine("cpu", "bfloat16")
    objective = Objective((CE, KD), FrozenNetwork(teacher, engine))
    found = learner(network, engine, objective).step(next(batches.epoch(1)), batches.steps)
    assert found.dtype == torch.float32
    assert {each.dtype for each in network.parameters()} == {torch.float32}
    assert torch.isfinite(found).all()


def test_the_schedule_sets_the_rate_before_every_step(engine, batches, network):
    class Climbing:
        def rate(self, clock):
            return 0.01 * (clock.step + 1)

    climbing = learner(network, engine)
    climbing.schedule = Climbing()
    rates = []
    for batch in batches.epoch(1):
        climbing.step(batch, batches.steps)
        rates.append(climbing.optimizer.param_groups[0]["lr"])
    assert rates == pytest.approx([0.01, 0.02, 0.03, 0.04])


@pytest.mark.parametrize(("interval", "evaluated"), [(1, [1, 2, 3, 4, 5]), (2, [2, 4, 5]), (9, [5])])
def test_the_last_epoch_is_always_evaluated(interval, evaluated):
    recipe = Recipe(16, 5, interval, 0.0, 0.0)
    assert [epoch for epoch in range(1, 6) if recipe.evaluates(epoch)] == evaluated
