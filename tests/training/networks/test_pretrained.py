"""Networks with pretrained weights, frozen or with a rate of their own. Oracles: torch's own step, and the source."""

import dataclasses

import pytest
import torch
from safetensors.torch import load_file

from Arch.errors import ConfigError, ModelError, TrainingError
from Arch.models.build import build
from Arch.training.fit.optimizers.recipe import RATE_MULTIPLIER, parameter_groups, with_rate_multiplier
from Arch.training.networks.pretrained import head_parameters

SOURCE = {"Model": "resnet8", "Seed": 5}


@pytest.fixture
def pretrained(trainer, tiny):
    """Returns a trainer of a resnet8 that starts from the weights of another experiment."""

    def make(multiplier=-1.0, source=None, **keys):
        of = {**tiny, **SOURCE, **(source or {})}
        given = {"PreTrained": True, "PreTrainedFrom": of, "BackboneLRMultiplier": multiplier, "Model": "resnet8"}
        return trainer(**{**given, **keys})

    return make


def weights_of(network):
    return load_file(network.entry.weights(0, "Last"))


def trained(training):
    training.result()
    return load_file(training.entry.weights(0, "Last")), weights_of(training.networks["PreTrainedFrom"])


def test_a_frozen_backbone_keeps_parameters_and_statistics_of_its_source(pretrained):
    ours, theirs = trained(pretrained())
    changed = {key for key in ours if not torch.equal(ours[key], theirs[key])}
    assert changed == {"fc.weight", "fc.bias"}


def test_dropout_is_off_in_a_frozen_backbone_and_on_in_the_head(pretrained):
    training = pretrained(
        Model="MLP", source={"Model": "MLP", "MLPWidths": [16, 8], "MLPDropout": 0.5}, MLPWidths=[16, 8], MLPDropout=0.5
    )
    learner = training.prepare(0).stages[0].learner
    modes = []
    for name in ("dropout1", "dropout2"):
        learner.network.network.get_submodule(name).register_forward_hook(
            lambda module, given, out: modes.append(module.training)
        )
    learner.train_epoch(iter([first_batch(training)]), 1, lambda: None)
    assert modes == [False, True]  # the second one stands after the last layer, in the head


def first_batch(training):
    batches = training.prepare(0).stages[0].batches
    return next(batches.epoch(1))


def test_a_frozen_backbone_stays_in_evaluation_mode_after_an_evaluation(pretrained):
    training = pretrained(NumEpochs=3, EvalInterval=1)
    ours, theirs = trained(training)
    assert torch.equal(ours["bn1.running_mean"], theirs["bn1.running_mean"])
    assert ours["bn1.num_batches_tracked"] == theirs["bn1.num_batches_tracked"]


@pytest.mark.parametrize("multiplier", [0.0, 0.25, 1.0])
def test_the_first_step_of_the_backbone_uses_the_multiplied_rate(pretrained, multiplier):
    training = pretrained(multiplier, Momentum=0.0, WeightDecay=0.0)
    learner = training.prepare(0).stages[0].learner
    before = {name: each.detach().clone() for name, each in learner.network.network.named_parameters()}
    learner.network.train()
    learner.step(first_batch(training), 4)
    head = {"fc.weight", "fc.bias"}
    for name, each in learner.network.network.named_parameters():
        rate = 0.1 * (1.0 if name in head else multiplier)
        assert torch.allclose(each, before[name] - rate * each.grad, atol=1e-7), name


def test_groups_are_split_by_their_rate_multiplier():
    network = build("resnet8", (3, 4, 4), 4, seed=0)
    slow = [network.network.conv1.weight, network.network.bn1.bias]
    groups = with_rate_multiplier(parameter_groups([network], 0.5, decays_norm_and_bias=False), slow, 0.1)
    found = [(len(group["params"]), group["weight_decay"], group.get(RATE_MULTIPLIER, 1)) for group in groups]
    matrices = sum(each.ndim > 1 for each in network.parameters())
    vectors = sum(each.ndim <= 1 for each in network.parameters())
    assert found == [(matrices - 1, 0.5, 1), (vectors - 1, 0.0, 1), (1, 0.5, 0.1), (1, 0.0, 0.1)]
    assert [id(each) for group in groups[2:] for each in group["params"]] == [id(each) for each in slow]


def test_newly_initialised_tensors_of_a_frozen_backbone_are_trained(pretrained):
    training = pretrained(source={"SyntheticChannels": 1, "SyntheticClasses": 3})
    ours, theirs = trained(training)
    frozen = {key for key in ours if ours[key].shape == theirs[key].shape and torch.equal(ours[key], theirs[key])}
    assert ours.keys() - frozen == {"conv1.weight", "fc.weight", "fc.bias"}
    prepared = training.prepare(0).stages[0]
    named = dict(prepared.learner.network.network.named_parameters())
    assert {name for name, each in named.items() if each.requires_grad} == ours.keys() - frozen


def test_a_run_records_and_logs_the_newly_initialised_tensors(pretrained):
    training = pretrained(source={"SyntheticClasses": 3})
    training.result()
    run = training.entry.run(0)
    assert run.provenance["pretrained"] == {
        "fresh": ["fc.weight", "fc.bias"],
        "left_out": [],
        "resized": [],
    }
    source = training.networks["PreTrainedFrom"].entry.fingerprint
    made_from = run.provenance["made_from"]["PreTrainedFrom"]
    assert (made_from["fingerprint"], made_from["run"], made_from["weights"]) == (source, 0, "Last")
    log = (training.entry.run_folder(0) / "log.txt").read_text()
    assert "warm start from resnet8 on Synthetic, run 0: " in log
    assert "; fc.weight, fc.bias newly initialised\n" in log


def test_a_run_from_scratch_records_nothing_of_the_kind(trainer):
    training = trainer()
    training.result()
    assert "pretrained" not in training.entry.run(0).provenance


def test_weights_of_another_network_are_refused_key_by_key(pretrained):
    with pytest.raises(ModelError, match=r"do not fit resnet8:\n  missing bn1\.weight\n"):
        pretrained(source={"Model": "MLP"}).result()


@pytest.mark.parametrize("multiplier", [-0.5, -0.01])
def test_a_multiplier_that_means_nothing_is_refused(pretrained, multiplier):
    with pytest.raises(ConfigError, match=f"at least 0, or -1 for a frozen backbone, not {multiplier:g}"):
        pretrained(multiplier).result()


def test_a_network_other_than_that_of_the_config_is_refused(pretrained):
    training = pretrained()
    given = training.networks["PreTrainedFrom"]
    training.networks = {"PreTrainedFrom": dataclasses.replace(given, entry=training.entry)}
    with pytest.raises(TrainingError, match=r"PreTrainedFrom is .*, but the trainer was given "):
        training.result()


def test_the_head_of_a_network_that_cannot_be_cut_computes_its_logits(trainer):
    model = build("timm/test_resnet", (3, 32, 32), 4, seed=0)
    inside = {id(each) for each in head_parameters(model)}
    model.obstacle = "for the test"
    assert {id(each) for each in head_parameters(model)} == inside
    assert len(inside) == 2
