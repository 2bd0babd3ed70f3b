"""Shrinking against a literal triangle filter, and against torchvision."""

import numpy as np
import pytest
import torch
from torchvision.transforms.v2.functional import resize

from Arch.datasets.resizing import downsampled
from Arch.errors import DataError


def triangle_means(line, size):
    """Shrinks one line: each new pixel is a mean weighted by a triangle of half-width len(line) / size."""
    factor = len(line) / size
    out = []
    for i in range(size):
        weights = [max(0.0, 1 - abs((x + 0.5) / factor - (i + 0.5))) for x in range(len(line))]
        out.append(sum(w * v for w, v in zip(weights, line, strict=True)) / sum(weights))
    return out


@pytest.mark.parametrize(("old", "new"), [(8, 4), (9, 3), (8, 5), (6, 6), (7, 1)])
def test_a_column_of_stripes_shrinks_to_triangle_means(old, new):
    line = np.random.default_rng(0).integers(0, 256, old)
    image = torch.tensor(line, dtype=torch.uint8).view(1, 1, old, 1).expand(1, 1, old, old)
    expected = [int(v + 0.5) for v in triangle_means(line.tolist(), new)]
    assert downsampled(image, new)[0, 0, :, 0].tolist() == expected


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_images_shrink_as_in_torchvision(channels):
    images = torch.randint(0, 256, (3, channels, 12, 10), generator=torch.Generator().manual_seed(0)).byte()
    theirs = resize(images, [5, 5], antialias=True).int()
    assert (downsampled(images, 5).int() - theirs).abs().max() <= 1


def test_shrinking_to_the_same_size_changes_nothing():
    images = torch.arange(64, dtype=torch.uint8).view(1, 1, 8, 8)
    assert torch.equal(downsampled(images, 8), images)


def test_enlarging_is_refused():
    with pytest.raises(DataError, match=r"DownSample 9 would enlarge the images of 10x8 pixels .* at most 8"):
        downsampled(torch.zeros(1, 1, 8, 10, dtype=torch.uint8), 9)
