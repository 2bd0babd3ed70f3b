"""A network as a sequence of layers: features, starts, stops, names."""

import copy

import pytest
import torch
from torch import nn

from Arch.errors import ModelError, ShapeError, UnknownNameError
from Arch.models.imodel import IModel

SHAPE = (1, 8, 8)


@pytest.fixture
def model(make, randomized):
    return randomized(make("resnet8", SHAPE)).eval()


@pytest.fixture
def x(images):
    return images(3, SHAPE, torch.float64)


class Counter:
    """Counts the calls of each module of a network."""

    def __init__(self, network):
        self.ran = []
        for name, module in network.named_modules():
            module.register_forward_hook(lambda *_, name=name: self.ran.append(name))


def test_features_come_in_the_requested_order(model, x):
    first, last, again = model.trace(x, [4, 1, -1]).features
    assert torch.equal(first, again)
    assert torch.equal(last, model.trace(x, [1]).features[0])
    assert (first.shape, last.shape) == ((3, 64), (3, 16, 8, 8))


def test_a_layer_is_its_name_its_index_and_its_index_from_the_end(model, x):
    by_name, by_index, from_end = (model.trace(x, [layer]).features[0] for layer in ("layer2.0", 2, -3))
    assert torch.equal(by_name, by_index)
    assert torch.equal(by_name, from_end)


def test_a_feature_is_what_the_named_module_returned(model, x):
    seen = {}
    for name in ("relu", "layer3.0", "flatten"):
        model.network.get_submodule(name).register_forward_hook(lambda *a, name=name: seen.update({name: a[2]}))
    logits = model(x)
    trace = model.trace(x, list(seen))
    assert torch.equal(trace.logits, logits)
    assert all(torch.equal(feature, seen[name]) for name, feature in zip(seen, trace.features, strict=True))


def test_the_callers_list_is_not_modified(model, x):
    asked = [-1, "relu", -2]
    model.trace(x, asked)
    assert asked == [-1, "relu", -2]


def test_tapping_runs_nothing_after_the_last_requested_layer(model, x):
    counter = Counter(model.network)
    (feature,) = model.tap(x, ["layer1.0"])
    assert feature.shape == (3, 16, 8, 8)
    assert "layer1.0.conv2" in counter.ran
    assert not any(name.startswith(("layer2", "avgpool", "flatten", "fc")) for name in counter.ran)


def test_tapping_no_layer_runs_nothing(model, x):
    counter = Counter(model.network)
    assert model.tap(x, []) == ()
    assert counter.ran == []


@pytest.mark.parametrize("start", range(6))
def test_starting_at_a_layer_continues_from_the_previous_layers_output(model, x, start):
    given = model.tap(x, [start - 1])[0] if start else x
    whole = model.trace(x, range(start, 5))
    counter = Counter(model.network)
    trace = model.trace(given, range(start, 5), start=start)
    assert ("conv1" in counter.ran) == (start == 0)
    assert torch.equal(trace.logits, whole.logits)
    assert all(torch.equal(*pair) for pair in zip(trace.features, whole.features, strict=True))


def test_a_start_may_be_a_name_and_be_combined_with_a_stop(model, x):
    (first,) = model.tap(x, ["layer1"])
    (second,) = model.tap(first, [-1], start="layer2.0")
    assert torch.equal(second, model.tap(x, [-1])[0])


def test_backbone_and_head_compose_to_the_forward(model, x):
    assert torch.equal(model.head(model.backbone(x)), model(x))
    assert torch.equal(model.classify(model.features(x)), model(x))
    assert torch.equal(model.features(x), model.trace(x, [-1]).features[0])


def test_backbone_and_head_partition_the_networks_own_parameters(model):
    parts = [*model.backbone.parameters(), *model.head.parameters()]
    assert {id(each) for each in parts} == {id(each) for each in model.network.parameters()}
    assert [each.shape for each in model.head.parameters()] == [(10, 64), (10,)]


def test_the_wrapper_registers_every_parameter_once(model):
    assert len(list(model.parameters(recurse=True))) == len(list(model.network.parameters()))
    assert all(name.startswith("network.") for name, _ in model.named_parameters())


@pytest.mark.parametrize("layer", [5, -6, 17])
def test_a_layer_out_of_range_is_refused_with_the_range(model, x, layer):
    with pytest.raises(ModelError, match=f"resnet8 has 5 layers, 0 to 4 or -1 to -5 from the end; {layer} is none"):
        model.trace(x, [layer])


@pytest.mark.parametrize("layers", ["relu", 3, None])
def test_layers_that_are_not_a_list_are_refused(model, x, layers):
    for call in (model.trace, model.tap):
        with pytest.raises(ModelError, match=f"resnet8 must be given as a list of indices or names, not as {layers!r}"):
            call(x, layers)


@pytest.mark.parametrize("layer", [1.5, None, ("relu",)])
def test_a_layer_that_is_neither_index_nor_name_is_refused(model, x, layer):
    with pytest.raises(ModelError, match=r"-1 to -5 from the end; .* is none of them"):
        model.trace(x, [layer])
    with pytest.raises(ModelError, match=r"-1 to -5 from the end; .* is none of them"):
        model.trace(x, start=layer)


def test_layers_may_come_one_by_one_and_more_than_once(model, x):
    once, again, last = model.trace(x, (each for each in ("relu", 0, -1))).features
    assert torch.equal(once, again)
    assert torch.equal(last, model.features(x))


def test_an_unknown_layer_is_refused_with_the_nearest_name(model, x):
    with pytest.raises(UnknownNameError, match=r"no layer of resnet8 named 'layer2.9'. Did you mean 'layer2.0'"):
        model.trace(x, ["layer2.9"])


def test_a_layer_before_the_start_is_refused(model, x):
    with pytest.raises(ModelError, match="layer 1 of resnet8 does not run when the start is layer 3"):
        model.trace(x, [4, 1], start=3)


def test_features_of_another_layer_are_refused_at_a_start(model, x):
    with pytest.raises(ShapeError, match=r"layer 3 of resnet8 reads tensors of shape \(B, 32, 4, 4\)"):
        model.trace(x, start=3)
    with pytest.raises(ShapeError, match=r"layer 5 of resnet8 reads tensors of shape \(B, 64\)"):
        model.classify(x)


def in_place_after_cuts():
    """Convolutions without BatchNorm, where an in-place activation follows a cut at once, through a view as well."""
    return nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.Tanh(), nn.LeakyReLU(0.5, inplace=True), nn.Flatten(),
        nn.Dropout(0.5, inplace=True), nn.ReLU(inplace=True), nn.Linear(32, 3),
    )  # fmt: skip


@pytest.mark.parametrize("is_training", [True, False])
def test_in_place_operations_do_not_change_captured_features(is_training, images):
    model = IModel(in_place_after_cuts(), (1, 4, 4)).train(is_training)
    x = images(5, (1, 4, 4))
    torch.manual_seed(0)
    trace = model.trace(x, range(4))
    tanh = torch.tanh(model.network[0](x))
    leaky = torch.where(tanh > 0, tanh, 0.5 * tanh)
    assert torch.equal(trace.features[0], tanh)
    assert torch.allclose(trace.features[1], leaky)
    assert torch.allclose(trace.features[2], leaky.flatten(1))
    torch.manual_seed(0)
    assert torch.equal(trace.logits, model(x))


def test_only_overwritten_layers_are_copied(make):
    model = IModel(in_place_after_cuts(), (1, 4, 4))
    assert [layer.is_overwritten for layer in model.layers] == [True, True, True, False]
    assert not any(layer.is_overwritten for layer in make("VGG11", SHAPE).layers)


def test_a_layer_that_is_overwritten_in_training_only_is_copied_too():
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 4), nn.Tanh(), nn.Dropout(0.5, inplace=True), nn.Linear(4, 3))
    assert [layer.is_overwritten for layer in IModel(network, (4,)).layers] == [False, True]


def test_a_start_does_not_overwrite_its_input(images):
    model = IModel(in_place_after_cuts(), (1, 4, 4))
    given = images(2, (2, 4, 4))
    before = given.clone()
    model.trace(given, start=1)
    assert torch.equal(given, before)


def test_a_copy_has_layers_of_its_own(model, x):
    twin = copy.deepcopy(model)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.zero_()
    assert not twin.trace(x).logits.any()
    assert model.trace(x).logits.any()


def test_a_state_dict_within_a_larger_module_keeps_the_networks_names(model):
    pair = nn.ModuleDict({"student": model, "other": copy.deepcopy(model)})
    assert "student.layer1.0.conv1.weight" in pair.state_dict()
    pair.load_state_dict(pair.state_dict())


def test_a_state_dict_of_another_network_is_refused(model, make):
    with pytest.raises(RuntimeError, match="Missing key"):
        model.load_state_dict(make("vgg8", SHAPE).state_dict())


def test_compiling_traces_without_a_break(model, x):
    compiled = torch.compile(model.trace, backend="eager", fullgraph=True)
    assert torch.equal(compiled(x, [1]).features[0], model.trace(x, [1]).features[0])
    assert torch.equal(torch.compile(model, backend="eager", fullgraph=True)(x), model(x))


def test_networks_of_one_architecture_stack_under_vmap(make, images):
    models = [make("resnet8", SHAPE, seed=seed).eval() for seed in (0, 1)]
    parameters, buffers = torch.func.stack_module_state(models)
    x = images(3, SHAPE)
    stacked = torch.func.vmap(lambda p, b: torch.func.functional_call(models[0], (p, b), (x,)))(parameters, buffers)
    assert all(torch.allclose(ours, each(x), atol=1e-5) for ours, each in zip(stacked, models, strict=True))


def test_a_network_without_layers_is_cut_too():
    model = IModel(nn.Sequential(nn.Linear(4, 3)), (4,))
    x = torch.randn(2, 4)
    assert model.layers == ()
    with pytest.raises(ModelError, match="Sequential has no layers; 0 is none of them"):
        model.trace(x, [0])
    assert torch.equal(model.features(x), x)
    assert torch.equal(model.trace(x).logits, model(x))
