"""Loading state dicts into networks; oracle: what torch itself saves and loads."""

import copy

import pytest
import timm
import torch
import torchvision

from Arch.errors import ModelError
from Arch.models import MODELS
from Arch.models.architectures import vgg
from Arch.models.build import construct
from Arch.models.weights.files import read_weights
from Arch.models.weights.loading import load_exactly, logits_in, warm_start

SHAPE = (3, 8, 8)


def made(name, shape=SHAPE, classes=5, seed=0):
    architecture = MODELS[name]()
    return construct(architecture, shape, classes, name=name, seed=seed), architecture


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.fixture
def state():
    return made("resnet8", seed=3)[0].state_dict()


@pytest.mark.parametrize(
    "packed",
    [
        lambda state: state,
        lambda state: {"state_dict": state, "epoch": 3, "optimizer": {"lr": 0.1}},
        lambda state: {"model": {"state_dict": state}},
        lambda state: {"net": {f"module.{key}": each for key, each in state.items()}},
        lambda state: {f"_orig_mod.module.backbone.{key}": each for key, each in state.items()},
        lambda state: {key if key.startswith("fc") else f"backbone.{key}": each for key, each in state.items()},
    ],
    ids=["plain", "state_dict", "nested", "DataParallel", "compiled", "backbone"],
)
def test_a_state_dict_is_found_however_it_was_packed(packed, state, tmp_path):
    torch.save(packed(state), tmp_path / "w.pth")
    model, architecture = made("resnet8")
    load_exactly(model, architecture, read_weights(tmp_path / "w.pth"), "w.pth")
    assert same(model.state_dict(), state)


def test_another_head_and_another_first_convolution_stay_random(state):
    model, architecture = made("resnet8", (1, 8, 8), 7)
    drawn = copy.deepcopy(model.state_dict())
    report = warm_start(model, architecture, state, "w")
    assert set(report.fresh) == {"conv1.weight", "fc.weight", "fc.bias"}
    after = model.state_dict()
    assert all(torch.equal(after[key], drawn[key] if key in report.fresh else state[key]) for key in after)
    assert report.taken == after.keys() - set(report.fresh)


def test_weights_without_a_head_or_with_another_leave_the_own_head_random(state):
    bare = {key: each for key, each in state.items() if not key.startswith("fc.")}
    for given, left_out in ((bare, ()), ({**bare, "head.weight": torch.ones(9, 64)}, ("head.weight",))):
        report = warm_start(*made("resnet8"), given, "w")
        assert (set(report.fresh), report.left_out) == ({"fc.weight", "fc.bias"}, left_out)


def test_an_unexpected_tensor_beside_the_own_head_is_refused(state):
    with pytest.raises(ModelError, match=r"do not fit resnet8:\n  unexpected criterion\.weight$"):
        warm_start(*made("resnet8"), {**state, "criterion.weight": torch.ones(3)}, "w")


def test_weights_without_batch_norm_counters_fit(state):
    old = {key: each for key, each in state.items() if not key.endswith("num_batches_tracked")}
    assert warm_start(*made("resnet8"), old, "w").fresh == ()


def test_mismatches_are_listed_key_by_key(state):
    given = {"surplus.bias": torch.ones(1), "extra.weight": torch.ones(2), **state}
    given |= {"layer2.0.conv1.weight": torch.ones(1)}
    del given["layer1.0.bn1.bias"]
    with pytest.raises(ModelError) as refusal:
        warm_start(*made("resnet8"), given, "w.pth")
    assert str(refusal.value).splitlines() == [
        "the weights w.pth do not fit resnet8:",
        "  missing layer1.0.bn1.bias",
        "  layer2.0.conv1.weight has the shape (1,), not (32, 16, 3, 3)",
        "  unexpected surplus.bias",
        "  unexpected extra.weight",
    ]


def test_a_long_list_ends_in_a_count(state):
    with pytest.raises(ModelError) as refusal:
        warm_start(*made("resnet14"), {"fc.weight": torch.ones(1)}, "w")
    lines = str(refusal.value).splitlines()
    free = {"fc.weight", "fc.bias", "conv1.weight"}
    counted = {key for key in made("resnet14")[0].state_dict() if not key.endswith("num_batches_tracked")} - free
    assert (len(lines), lines[-1]) == (22, f"  ... and {len(counted) - 20} more")


def test_a_name_that_is_given_twice_is_refused(state):
    with pytest.raises(ModelError, match=r"hold fc.bias twice, once as module\.fc\.bias"):
        warm_start(*made("resnet8"), {**state, "module.fc.bias": state["fc.bias"]}, "w")


def test_sparse_tensors_are_refused(state):
    with pytest.raises(ModelError, match=r"w hold sparse or quantised tensors, which resnet8 cannot load"):
        warm_start(*made("resnet8"), {**state, "fc.weight": state["fc.weight"].to_sparse()}, "w")


@pytest.mark.parametrize("kind", [torch.bool, torch.int64, torch.complex64])
def test_weights_of_another_kind_of_number_are_refused(kind, state):
    given = {**state, "fc.weight": state["fc.weight"].to(kind)}
    with pytest.raises(
        ModelError, match=rf"do not fit resnet8:\n  fc\.weight holds {kind} values, not torch\.float32$"
    ):
        warm_start(*made("resnet8"), given, "w")


@pytest.mark.parametrize("kind", [torch.float64, torch.float16, torch.bfloat16])
def test_weights_of_another_precision_and_counters_of_any_numbers_fit(kind, state):
    model, architecture = made("resnet8")
    load_exactly(model, architecture, {key: each.to(kind) for key, each in state.items()}, "w")
    assert torch.equal(model.state_dict()["fc.weight"], state["fc.weight"].to(kind).float())


def test_what_a_librarys_resampling_raises_names_the_weights(state, monkeypatch):
    model, architecture = made("resnet8")
    monkeypatch.setattr(type(architecture), "resized", lambda self, state, network: {}["pos_embed"])
    with pytest.raises(ModelError, match=r"the weights w\.pth cannot be resampled for resnet8"):
        warm_start(model, architecture, state, "w.pth")


@pytest.mark.parametrize("shape", [(), (0, 64)])
def test_a_head_without_rows_tells_no_number_of_logits(shape, state):
    assert logits_in(*made("resnet8"), {**state, "fc.weight": torch.ones(shape)}, "w") is None


def test_loading_exactly_requires_the_head(state):
    with pytest.raises(
        ModelError, match=r"images of shape \(3, 8, 8\) and 6 classes: they do not fit fc.weight, fc.bias"
    ):
        load_exactly(*made("resnet8", classes=6), state, "w")


def test_the_head_of_a_network_without_linear_layers_is_its_last_convolution():
    model, architecture = made("torchvision/squeezenet1_1", (3, 32, 32))
    state = torchvision.models.squeezenet1_1(num_classes=9).state_dict()
    assert set(warm_start(model, architecture, state, "w").fresh) == {"classifier.1.weight", "classifier.1.bias"}


def test_a_logit_distance_network_is_initialised_from_torchvisions():
    architecture = MODELS["logitdist/resnet18"](3)
    model = construct(architecture, (3, 32, 32), 5, name="logitdist/resnet18", seed=0)
    state = torchvision.models.resnet18(num_classes=10).state_dict()
    report = warm_start(model, architecture, state, "w")
    assert set(report.fresh) == {"linear.weight", "linear.bias", "unembedding.weight"}
    assert report.left_out == ("fc.weight", "fc.bias")


def test_a_vgg_is_initialised_from_torchvisions_with_a_wider_classifier(monkeypatch):
    monkeypatch.setattr(vgg, "HIDDEN", 8)  # its width costs seconds
    model, architecture = made("VGG4")
    state = {
        **model.state_dict(),
        "classifier.0.weight": torch.ones(8, 256 * 7 * 7),
        "classifier.6.bias": torch.ones(9),
    }
    assert warm_start(model, architecture, state, "w").fresh == ("classifier.0.weight", "classifier.6.bias")


def test_timms_position_embeddings_are_resampled_to_another_image_size():
    state = timm.create_model("test_vit", num_classes=5, img_size=64).state_dict()
    model, architecture = made("timm/test_vit", (3, 96, 96))
    load_exactly(model, architecture, state, "w")
    [changed] = [key for key, each in model.state_dict().items() if each.shape != state[key].shape]
    assert changed == "pos_embed"
    assert torch.equal(model.state_dict()[changed][0, 0], state[changed][0, 0])  # that of the class token


def test_torchvisions_position_embeddings_are_resampled_to_another_image_size():
    sizes = {"num_layers": 1, "num_heads": 1, "hidden_dim": 8, "mlp_dim": 8}
    theirs, ours = (torchvision.models.VisionTransformer(size, 32, **sizes) for size in (64, 96))
    resampled = MODELS["torchvision/vit_b_32"].resized(theirs.state_dict(), ours)
    ours.load_state_dict(resampled)
    before, after = (each["encoder.pos_embedding"][0] for each in (theirs.state_dict(), resampled))
    assert torch.equal(after[0], before[0])  # that of the class token
    corners = after[1:].view(3, 3, 8)[::2, ::2].reshape(4, 8)
    assert torch.allclose(corners, before[1:], atol=1e-6)  # bicubic, with the corners where they were


def test_values_that_the_network_does_not_keep_are_refused(state):
    """Two names of one tensor cannot have the two values that the weights give them."""
    model, architecture = made("resnet8")
    blocks = model.network.layer1
    blocks[0].bn1.weight = blocks[0].bn2.weight
    state["layer1.0.bn1.weight"] = state["layer1.0.bn2.weight"] + 1
    with pytest.raises(
        ModelError, match=r"does not keep the values that the weights w give for layer1\.0\.bn1\.weight:"
    ):
        warm_start(model, architecture, state, "w")
