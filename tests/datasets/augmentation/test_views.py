"""Views against a literal loop over samples with slices; their distribution against the chi-square test."""

import pytest
import torch
from scipy.stats import chi2

from Arch.datasets.augmentation.views import apply_views, view_count, view_numbers
from Arch.errors import ShapeError
from tests.datasets.literal_hash import literal_hash


def literal_view(image, number, padding):
    """Crops and flips one image `(C, H, W)` by slices."""
    channels, height, width = image.shape
    canvas = torch.zeros(channels, height + 2 * padding, width + 2 * padding, dtype=image.dtype)
    canvas[:, padding : padding + height, padding : padding + width] = image
    side = 2 * padding + 1
    mirrored, offset = divmod(number, side * side)
    top, left = divmod(offset, side)
    crop = canvas[:, top : top + height, left : left + width]
    return torch.stack([crop[:, :, width - 1 - x] for x in range(width)], dim=2) if mirrored else crop


def random_images(n, shape=(3, 5, 7)):
    return torch.randint(0, 256, (n, *shape), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("shape", [(3, 5, 7), (1, 8, 8), (4, 2, 3)])
@pytest.mark.parametrize("padding", [0, 1, 4])
@pytest.mark.parametrize("flip", [True, False])
def test_every_view_equals_its_literal_crop_and_flip(shape, padding, flip):
    numbers = torch.arange(view_count(padding, flip=flip))
    images = random_images(len(numbers), shape)
    expected = torch.stack([literal_view(x, int(n), padding) for x, n in zip(images, numbers, strict=True)])
    assert torch.equal(apply_views(images, numbers, padding, flip=flip), expected)


def test_the_layout_of_the_input_does_not_matter():
    images, numbers = random_images(18, (3, 6, 6)), torch.arange(18)
    channels_last = images.contiguous(memory_format=torch.channels_last)
    assert torch.equal(apply_views(images, numbers, 1), apply_views(channels_last, numbers, 1))


def test_the_output_is_channels_last():
    out = apply_views(random_images(4), torch.tensor([0, 1, 100, 161]))
    assert out.is_contiguous(memory_format=torch.channels_last)


def test_a_crop_and_flip_of_pillow_is_among_the_views():
    from PIL import Image, ImageOps

    image = random_images(1, (3, 6, 6))[0]
    padded = ImageOps.expand(Image.fromarray(image.permute(1, 2, 0).numpy()), border=2, fill=0)
    crop = ImageOps.mirror(padded.crop((3, 1, 9, 7)))  # left 3, top 1
    ours = apply_views(image[None], torch.tensor([25 + 1 * 5 + 3]), padding=2)[0]
    assert ours.permute(1, 2, 0).numpy().tobytes() == crop.tobytes()


@pytest.mark.parametrize("padding", [0, 1, 4])
def test_the_middle_view_is_the_image_itself(padding):
    images = random_images(2)
    assert torch.equal(apply_views(images, torch.full((2,), 2 * padding * (padding + 1)), padding), images)


def test_an_image_has_162_views_by_default():
    assert view_count(4, flip=True) == 162
    assert view_count(4, flip=False) == 81


@pytest.mark.parametrize(("seed", "epoch"), [(0, 1), (0, 2), (1, 1)])
def test_views_are_uniform(seed, epoch):
    numbers = view_numbers(torch.arange(50_000), seed=seed, epoch=epoch)
    observed = torch.bincount(numbers, minlength=162).double()
    expected = 50_000 / 162
    statistic = ((observed - expected).square() / expected).sum().item()
    assert chi2.ppf(1e-3, 161) < statistic < chi2.ppf(1 - 1e-3, 161)


@pytest.mark.parametrize("other", [{"seed": 1, "epoch": 0}, {"seed": 0, "epoch": 1}])
def test_views_of_seeds_and_epochs_are_independent(other):
    ids = torch.arange(50_000)
    ours, theirs = view_numbers(ids, seed=0, epoch=0), view_numbers(ids, **other)
    equal = (ours == theirs).sum().item()
    mean = 50_000 / 162
    assert abs(equal - mean) < 5 * mean**0.5  # Poisson
    pairs = torch.bincount(ours % 9 * 9 + theirs % 9, minlength=81).double()
    statistic = ((pairs - 50_000 / 81).square() / (50_000 / 81)).sum().item()
    assert chi2.ppf(1e-3, 80) < statistic < chi2.ppf(1 - 1e-3, 80)


def test_views_of_neighbouring_samples_are_independent():
    numbers = view_numbers(torch.arange(50_000), seed=0, epoch=0)
    equal = (numbers[1:] == numbers[:-1]).sum().item()
    assert abs(equal - 50_000 / 162) < 5 * (50_000 / 162) ** 0.5


def test_a_view_number_is_the_scaled_hash_of_seed_epoch_and_sample():
    expected = [literal_hash(i, "views/3/5") * 162 // 2**32 for i in range(100)]
    assert view_numbers(torch.arange(100), seed=3, epoch=5).tolist() == expected


def test_the_view_of_a_sample_does_not_depend_on_the_rest_of_the_batch():
    whole = view_numbers(torch.arange(100), seed=3, epoch=5)
    some = torch.tensor([42, 7, 99])
    assert torch.equal(view_numbers(some, seed=3, epoch=5), whole[some])


@pytest.mark.parametrize(("shape", "n"), [((3, 8, 8), 3), ((2, 3, 8, 8), 3)])
def test_wrong_shapes_are_refused(shape, n):
    with pytest.raises(ShapeError, match=r"expected images"):
        apply_views(torch.zeros(shape, dtype=torch.uint8), torch.zeros(n, dtype=torch.int64))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_views_on_cuda_are_equal_and_do_not_synchronise():
    images, ids = random_images(64), torch.arange(64)
    on_device, device_ids = images.cuda(), ids.cuda()
    torch.cuda.set_sync_debug_mode("error")
    try:
        ours = apply_views(on_device, view_numbers(device_ids, seed=0, epoch=0))
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert torch.equal(ours.cpu(), apply_views(images, view_numbers(ids, seed=0, epoch=0)))
