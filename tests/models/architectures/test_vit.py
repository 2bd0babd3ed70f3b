"""The vision transformers against KD_wo_CE's numbers and torchvision's network."""

import pytest
import torch
import torchvision
from torchvision.models.vision_transformer import interpolate_embeddings

from Arch.errors import ModelError
from Arch.models import MODELS
from Arch.models.architectures.vit import SelfAttention, patch_size, standard_layers
from Arch.models.build import construct
from Arch.models.weights.loading import load_exactly, warm_start

# KD_wo_CE's models: blocks, heads, width, perceptron, parameters for 10 classes at 32 px
NETWORKS = {
    "ViT_ETTT": (8, 4, 128, 384, 1_339_274),
    "ViT_ETTTL": (16, 4, 128, 384, 2_662_282),
    "ViT_ETT": (8, 6, 192, 576, 2_991_946),
    "ViT_ETTL": (16, 6, 192, 576, 5_959_498),
    "ViT_ET": (8, 8, 256, 768, 5_299_978),
    "ViT_ETL": (16, 8, 256, 768, 10_567_434),
    "ViT_T": (8, 8, 384, 1024, 11_094_666),
    "ViT_S": (12, 12, 576, 2304, 47_938_762),
    "ViT_B": (12, 12, 768, 3072, 85_152_010),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_parameters_are_as_many_as_kd_wo_ces(name, count):
    expected = NETWORKS[name][-1]
    assert count(name) == expected
    assert f"{expected:,}" in MODELS.about(name)


@pytest.mark.parametrize("name", NETWORKS)
def test_each_block_has_kd_wo_ces_number_of_heads(name, bare):
    depth, heads, *_ = NETWORKS[name]
    assert [each.heads for each in bare(name).modules() if isinstance(each, SelfAttention)] == [heads] * depth


@pytest.mark.parametrize(
    ("name", "size"), [("ViT_ETTT", 32), ("ViT_ETTT", 64), pytest.param("ViT_B", 32, marks=pytest.mark.slow)]
)
def test_layers_are_the_tokens_and_the_blocks(name, size, outline):
    depth, _, width, *_ = NETWORKS[name]
    assert [layer.shape for layer in outline(name, size).layers] == [(65, width)] * (depth + 1)


@pytest.mark.parametrize(
    ("name", "size", "classes", "expected"),
    [
        ("ViT_ETT", 32, 100, 3_009_316),
        ("ViT_ETT", 64, 200, 3_056_264),
        ("ViT_B", 32, 100, 85_221_220),
        ("ViT_B", 64, 200, 85_408_712),
    ],
)
def test_parameters_for_100_and_200_classes_are_kd_wo_ces(name, size, classes, expected, count):
    assert count(name, (3, size, size), classes) == expected


@pytest.mark.parametrize(
    ("depth", "layers"), [(12, (0, 2, 4, 8, 10, 12)), (8, (0, 1, 3, 5, 7, 8)), (16, (0, 2, 6, 10, 14, 16))]
)
def test_standard_layers_are_kd_wo_ces(depth, layers):
    # ViT_B's and ViT_ETT's are KD_wo_CE's; those of 16 blocks are twice the even steps between ViT_ETT's
    assert standard_layers(depth) == layers
    assert MODELS[{12: "ViT_B", 8: "ViT_ETT", 16: "ViT_ETTL"}[depth]].standard_layers == layers


@pytest.mark.parametrize(
    ("shape", "patch"),
    [
        *[((3, 32, 32), 4), ((3, 64, 64), 8), ((3, 224, 224), 16)],  # KD_wo_CE's
        *[((1, 8, 8), 1), ((1, 28, 28), 2), ((3, 96, 96), 8), ((3, 512, 512), 16), ((3, 64, 32), 4), ((7, 1, 1), 1)],
    ],
)
def test_patches_are_the_largest_power_of_two_that_leaves_eight_in_a_row(shape, patch):
    assert patch_size(shape) == patch


@pytest.mark.parametrize("shape", [(3, 33, 33), (1, 32, 35)])
def test_images_that_patches_do_not_fill_are_refused(shape):
    with pytest.raises(ModelError, match=rf"images of {shape[1]}x{shape[2]} pixels into patches of \dx\d, which do"):
        MODELS["ViT_ETTT"]().network(shape, 10)


def theirs_for(model, size, patch):
    depth, heads, width, hidden, _ = NETWORKS["ViT_ETTT"]
    theirs = torchvision.models.VisionTransformer(size, patch, depth, heads, width, hidden, num_classes=10)
    theirs.double().eval().load_state_dict(model.state_dict())
    return theirs


@torch.no_grad()
def test_forward_is_torchvisions_where_the_class_token_is_classified(randomized, images):
    network = randomized(MODELS["ViT_ETTT"](avg_tokens=False).network((3, 16, 16), 10)).eval()
    x = images(2, (3, 16, 16), torch.float64)
    assert torch.allclose(network(x), theirs_for(network, 16, 2)(x), atol=1e-10)


@torch.no_grad()
def test_the_mean_over_all_tokens_includes_the_class_token(make, randomized, images):
    model = randomized(make("ViT_ETTT", (3, 16, 16))).eval()
    x = images(2, (3, 16, 16), torch.float64)
    theirs = theirs_for(model, 16, 2)
    tokens = torch.cat([theirs.class_token.expand(2, -1, -1), theirs._process_input(x)], dim=1)
    expected = theirs.heads(theirs.encoder(tokens).mean(1))
    assert tokens.shape == (2, 65, 128)
    assert torch.allclose(model(x), expected, atol=1e-10)


@torch.no_grad()
def test_layers_are_the_embedded_tokens_and_each_blocks_output(make, randomized, images):
    model = randomized(make("ViT_ETTT", (3, 8, 8))).eval()
    x = images(2, (3, 8, 8), torch.float64)
    theirs = theirs_for(model, 8, 1)
    expected = [torch.cat([theirs.class_token.expand(2, -1, -1), theirs._process_input(x)], 1)]
    expected[0] = expected[0] + theirs.encoder.pos_embedding
    for block in theirs.encoder.layers:
        expected.append(block(expected[-1]))
    features = model.tap(x, range(9))
    assert all(torch.allclose(ours, its, atol=1e-10) for ours, its in zip(features, expected, strict=True))


def test_weights_start_as_kd_wo_ces_and_torchvisions():
    ours = MODELS["ViT_ETTT"]().network((3, 32, 32), 10).state_dict()
    theirs = torchvision.models.VisionTransformer(32, 4, 8, 4, 128, 384).state_dict()
    assert not ours["heads.head.weight"].any()
    assert not ours["class_token"].any()
    assert ours["encoder.pos_embedding"].std().item() == pytest.approx(0.02, rel=0.03)
    for name in set(ours) - {"heads.head.weight", "heads.head.bias"}:
        tolerance = 0.3 if ours[name].ndim == 1 else 0.03
        assert ours[name].std().item() == pytest.approx(theirs[name].std().item(), rel=tolerance)


@pytest.fixture
def theirs():
    """A torchvision network for other images: 4 patches of 16 pixels, where ours has 64 of 4."""
    torch.manual_seed(0)
    return torchvision.models.VisionTransformer(32, 16, 8, 4, 128, 384, num_classes=7).state_dict()


def test_torchvisions_weights_for_larger_patches_and_other_images_are_taken_over(theirs):
    architecture = MODELS["ViT_ETTT"]()
    model = construct(architecture, (3, 32, 32), 10, name="ViT_ETTT", seed=0)
    report = warm_start(model, architecture, theirs, "w")
    assert report.fresh == ("heads.head.weight", "heads.head.bias")
    assert report.resized == ("conv_proj.weight", "encoder.pos_embedding")
    state = model.state_dict()
    places, squares = state["encoder.pos_embedding"], theirs["conv_proj.weight"].view(128, 3, 4, 4, 4, 4)
    expected = interpolate_embeddings(32, 4, dict(theirs))["encoder.pos_embedding"]
    assert torch.allclose(places, expected, atol=1e-6)
    assert torch.equal(places[:, 0], theirs["encoder.pos_embedding"][:, 0])  # that of the class token
    assert torch.allclose(state["conv_proj.weight"], squares.mean((3, 5)), atol=1e-6)


def test_loading_exactly_requires_the_patch_size(theirs):
    architecture = MODELS["ViT_ETTT"]()
    model = construct(architecture, (3, 32, 32), 7, name="ViT_ETTT", seed=0)
    with pytest.raises(ModelError, match=r"and 7 classes: they do not fit conv_proj\.weight\. Use"):
        load_exactly(model, architecture, theirs, "w")


@pytest.mark.parametrize("shape", [(1, 4, 128), (5, 128)])
def test_position_embeddings_that_are_no_square_grid_are_refused(shape, theirs):
    architecture = MODELS["ViT_ETTT"]()
    model = construct(architecture, (3, 32, 32), 10, name="ViT_ETTT", seed=0)
    with pytest.raises(ModelError, match=r"encoder\.pos_embedding has the shape"):
        warm_start(model, architecture, {**theirs, "encoder.pos_embedding": torch.ones(shape)}, "w")


@pytest.mark.parametrize(("shape", "tokens"), [((1, 8, 8), 65), ((3, 16, 32), 129), ((7, 1, 1), 2)])
def test_grey_digits_wide_images_and_vectors_are_read(shape, tokens, bare):
    network = bare("ViT_ETTT", shape, 5)
    assert network.encoder.pos_embedding.shape == (1, tokens, 128)
    assert network(torch.empty(2, *shape, device="meta")).shape == (2, 5)
