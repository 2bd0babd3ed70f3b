"""Published weights of torchvision and timm, and the digest of a state dict."""

import pytest
import timm
import torch
import torchvision

from Arch.errors import ModelError, UnknownNameError
from Arch.models.weights.published import digest_of, published_weights


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_torchvisions_weights_are_requested_by_their_name(monkeypatch):
    theirs = torchvision.models.squeezenet1_1(num_classes=4)
    asked = []
    monkeypatch.setattr(torchvision.models, "get_model", lambda name, **given: asked.append((name, given)) or theirs)
    state = published_weights("torchvision/squeezenet1_1", "IMAGENET1K_V1")
    assert asked == [("squeezenet1_1", {"weights": "IMAGENET1K_V1", "progress": False})]
    assert same(dict(state), theirs.state_dict())


def test_timms_weights_are_requested_by_their_tag(monkeypatch):
    theirs = timm.create_model("test_resnet", num_classes=4)
    asked = []
    monkeypatch.setattr(timm, "create_model", lambda name, **given: asked.append((name, given)) or theirs)
    assert same(dict(published_weights("timm/test_resnet", "r160_in1k")), theirs.state_dict())
    assert asked == [("test_resnet.r160_in1k", {"pretrained": True})]


@pytest.mark.parametrize(
    ("name", "weights", "words"),
    [
        ("torchvision/resnet50", "DEFAULT", "Known: IMAGENET1K_V1, IMAGENET1K_V2. DEFAULT means other weights"),
        ("torchvision/resnet18", "IMAGENET1K_V9", "Did you mean 'IMAGENET1K_V1'"),
        ("timm/test_vit", "r160", "Did you mean 'r160_in1k'"),
    ],
)
def test_weights_that_do_not_exist_are_refused_with_those_that_do(name, weights, words):
    with pytest.raises(UnknownNameError, match=words):
        published_weights(name, weights)


@pytest.mark.parametrize("error", [OSError, OverflowError, MemoryError, NotImplementedError])
def test_weights_that_cannot_be_downloaded_are_refused_in_one_sentence(error, monkeypatch):
    def offline(name, **given):
        raise error("no way out")

    monkeypatch.setattr(torchvision.models, "get_model", offline)
    with pytest.raises(
        ModelError, match=f"torchvision/resnet18@IMAGENET1K_V1 cannot be downloaded: {error.__name__}: no way out"
    ):
        published_weights("torchvision/resnet18", "IMAGENET1K_V1")
    with pytest.raises(ModelError, match="resnet8 is not a network of another library"):
        published_weights("resnet8", "IMAGENET1K_V1")


def test_the_digest_depends_on_names_dtypes_shapes_and_numbers():
    state = {"a": torch.arange(6.0).view(2, 3), "b": torch.ones(2, dtype=torch.bfloat16)}
    others = [
        {**state, "a": state["a"].view(3, 2)},
        {**state, "a": state["a"].double()},
        {**state, "a": state["a"] + torch.eye(2, 3)},
        {"a": state["a"], "c": state["b"]},
    ]
    assert digest_of(dict(reversed(state.items()))) == digest_of(state)
    assert len({digest_of(each) for each in (state, *others)}) == 5
