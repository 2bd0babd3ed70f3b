"""Rectangles against literal loops over samples, with the hash in plain Python integers."""

import math

import pytest
import torch

from Arch.datasets.augmentation.erasing import Boxes, RandomErasing, cutout
from Arch.datasets.augmentation.sample_random import SampleRandom
from tests.datasets.literal_hash import literal_hash

SAMPLES = torch.arange(200) + 1000
RANDOM = SampleRandom(SAMPLES, 3, 5)


def uniform(counter, purpose):
    return (literal_hash(counter, f"{purpose}/3/5") + 0.5) / 2**32


def below(limit, counter, purpose):
    return literal_hash(counter, f"{purpose}/3/5") * limit // 2**32


def corners(boxes):
    return torch.stack([boxes.top, boxes.bottom, boxes.left, boxes.right], dim=1).tolist()


def test_a_mask_is_true_inside_the_rectangle_and_the_image():
    boxes = Boxes(*(torch.tensor(each) for each in ([-1, 1], [2, 1], [3, 0], [9, 5])))
    expected = [
        [[[tops <= y < bottoms and lefts <= x < rights for x in range(5)] for y in range(4)]]
        for tops, bottoms, lefts, rights in corners(boxes)
    ]
    assert boxes.mask(4, 5).tolist() == expected


def test_a_rectangle_is_empty_where_the_condition_fails():
    boxes = cutout(RANDOM, 3, 8, 8).where(SAMPLES % 2 == 0)
    covered = boxes.mask(8, 8).sum(dim=(1, 2, 3))
    assert (covered[::2] > 0).all()
    assert (covered[1::2] == 0).all()


@pytest.mark.parametrize("side", [4, 5])
def test_a_square_is_cut_out_around_a_uniform_pixel(side):
    expected = []
    for sample in SAMPLES.tolist():
        row, column = below(9, sample, "cutout row"), below(7, sample, "cutout column")
        expected.append([row - side // 2, row - side // 2 + side, column - side // 2, column - side // 2 + side])
    assert corners(cutout(RANDOM, side, 9, 7)) == expected


def test_a_cutout_square_leaves_the_image_by_at_most_half_its_side():
    covered = cutout(SampleRandom(torch.arange(2000), 3, 5), 4, 16, 16).mask(16, 16).sum(dim=(1, 2, 3))
    assert set(covered.tolist()) == {rows * columns for rows in (2, 3, 4) for columns in (2, 3, 4)}


def literal_rectangle(sample, height, width, erasing):
    """Runs the algorithm of the paper for one image; returns None if nothing is erased."""
    if uniform(sample, "erased") >= erasing.probability:
        return None
    for number in range(10):
        area, aspect = (uniform(sample * 16 + number, f"erased {each}") for each in ("area", "aspect"))
        area = height * width * (erasing.least_area + (erasing.most_area - erasing.least_area) * area)
        aspect = erasing.least_aspect * (1 / erasing.least_aspect**2) ** aspect
        rows, columns = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if rows < height and columns < width:
            top = int(uniform(sample, "erased row") * (height - rows + 1))
            left = int(uniform(sample, "erased column") * (width - columns + 1))
            return [top, top + rows, left, left + columns]
    return None


@pytest.mark.parametrize(
    "erasing",
    [RandomErasing(0.5, 0.02, 0.33, 0.3), RandomErasing(1.0, 0.5, 0.9, 0.1), RandomErasing(1.0, 1.0, 1.0, 1.0)],
)
def test_rectangles_equal_those_of_the_published_algorithm(erasing):
    boxes = erasing.boxes(RANDOM, 12, 20)
    found = [each if each[0] < each[1] else None for each in corners(boxes)]
    assert found == [literal_rectangle(sample, 12, 20, erasing) for sample in SAMPLES.tolist()]


def test_half_of_the_images_are_erased_by_2_to_33_percent():
    random = SampleRandom(torch.arange(20_000), 0, 0)
    boxes = RandomErasing(0.5, 0.02, 0.33, 0.3).boxes(random, 100, 100)
    shares = (boxes.bottom - boxes.top) * (boxes.right - boxes.left) / 100**2
    erased = shares[shares > 0]
    assert abs(len(erased) - 10_000) < 5 * math.sqrt(5_000)  # binomial
    assert erased.min() >= 0.019
    assert erased.max() <= 0.341
    assert abs(erased.mean() - 0.175) < 5 * 0.31 / math.sqrt(12 * 10_000) + 0.002  # uniform, and whole pixels
