"""Residual blocks against torchvision's."""

import pytest
import torch
import torchvision
from torch import nn

from Arch.models.architectures.building_blocks import BasicBlock, Bottleneck, stage


@pytest.mark.parametrize(("width_in", "width", "stride"), [(8, 8, 1), (8, 8, 2), (4, 8, 1), (32, 8, 1), (32, 8, 2)])
@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_a_block_is_torchvisions(block, width_in, width, stride, randomized, images):
    ours = randomized(block(width_in, width, stride, batch_norm=True)).eval()
    downsample = None if isinstance(ours.downsample, nn.Identity) else ours.downsample
    theirs = getattr(torchvision.models.resnet, block.__name__)(width_in, width, stride, downsample).double().eval()
    theirs.load_state_dict(ours.state_dict())
    x = images(2, (width_in, 6, 6), torch.float64)
    assert (downsample is None) == (stride == 1 and width_in == width * block.expansion)
    assert torch.allclose(ours(x), theirs(x), atol=1e-12)


def test_a_block_does_not_modify_its_input(images):
    x = images(2, (4, 6, 6))
    before = x.clone()
    BasicBlock(4, 4, 1, batch_norm=False)(x)
    assert torch.equal(x, before)


def test_only_the_first_block_of_a_stage_strides():
    blocks = stage(Bottleneck, 3, (4, 2), stride=2, batch_norm=True)
    assert [block.conv2.stride for block in blocks] == [(2, 2), (1, 1), (1, 1)]
    assert [block.conv1.in_channels for block in blocks] == [4, 8, 8]
