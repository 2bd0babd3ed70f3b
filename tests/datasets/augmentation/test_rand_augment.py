"""Operations against those of torchvision on the same bytes; choices against the literal hash."""

import pytest
import torch
from torchvision.transforms import v2
from torchvision.transforms.v2 import InterpolationMode

from Arch.datasets.augmentation.rand_augment import OPERATIONS, RandAugment, _kinds, all_at_once, by_kind, operate
from Arch.datasets.augmentation.sample_random import SampleRandom
from Arch.errors import ShapeError
from tests.datasets.literal_hash import literal_hash

SPACE = v2.RandAugment._AUGMENTATION_SPACE


def pictures(n=6, channels=3, height=24, width=20):
    """Returns noise, ramps, and images of few values or one: special cases of tables and histograms."""
    noise = torch.randint(0, 256, (n, channels, height, width), generator=torch.Generator().manual_seed(0))
    noise[1] = torch.arange(width) * 5 + 60
    noise[2] = 100 + noise[2] % 3
    noise[3] = 77
    noise[4, 0] = 255
    return noise.byte()


def theirs(image, operation, magnitude, sign):
    height, width = image.shape[-2:]
    magnitudes, is_signed = SPACE[operation]
    table = magnitudes(31, height, width)
    strength = 0.0 if table is None else float(table[magnitude]) * (sign if is_signed else 1)
    return v2.RandAugment()._apply_image_or_video_transform(
        image, operation, strength, InterpolationMode.NEAREST, {torch.Tensor: None}
    )


def ours(images, operation, magnitude, sign):
    code = 2 * OPERATIONS.index(operation) + (sign < 0)
    return operate(images, torch.full((len(images),), code), magnitude)


def test_the_operations_have_the_order_of_torchvision():
    assert tuple(SPACE) == OPERATIONS


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("magnitude", [0, 9, 14, 30])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_operation_gives_the_bytes_of_torchvision(operation, magnitude, channels):
    images = pictures(channels=channels)
    for sign in (1, -1):
        expected = torch.stack([theirs(image, operation, magnitude, sign) for image in images])
        assert torch.equal(ours(images, operation, magnitude, sign), expected)


@pytest.mark.parametrize("sign", [1, -1])
def test_halfway_between_two_pixels_the_later_one_is_taken(sign):
    images = pictures()
    sheared = ours(images, "ShearX", 20, sign)  # by 0.2 columns per row: row j is moved by 0.2 j + 0.1 columns
    expected = torch.stack([theirs(image, "ShearX", 20, sign) for image in images])
    halfway = torch.arange(24) % 5 == 2
    assert torch.equal(sheared[:, :, ~halfway], expected[:, :, ~halfway])
    assert not torch.equal(sheared[:, :, halfway], expected[:, :, halfway])
    shift = 1 if sign > 0 else 0  # of row 2, by half a column
    assert torch.equal(sheared[:, :, 2, : 20 - shift], images[:, :, 2, shift:])


def test_both_ways_to_compute_the_operations_are_equal():
    images, codes = pictures(28), torch.arange(28)
    kinds = _kinds(17, 24, 20, images.device)
    assert torch.equal(all_at_once(images, codes, kinds), by_kind(images, codes, kinds))


def test_images_of_a_batch_are_operated_on_independently():
    images = pictures(28)
    codes = torch.arange(28)
    alone = [operate(images[i : i + 1], codes[i : i + 1], 17) for i in range(28)]
    assert torch.equal(operate(images, codes, 17), torch.cat(alone))


def test_images_below_3_by_3_pixels_are_not_sharpened():
    images = pictures(height=2, width=7)
    assert torch.equal(ours(images, "Sharpness", 30, 1), images)


def test_the_operations_of_a_sample_are_hashes_of_seed_epoch_and_index():
    images, samples = pictures(), torch.arange(6) + 70
    expected = images
    for index in range(2):
        codes = [literal_hash(70 + i, f"operation/{index}/5/3") * 28 // 2**32 for i in range(6)]
        expected = operate(expected, torch.tensor(codes), 9)
    assert torch.equal(RandAugment(2, 9)(images, SampleRandom(samples, 5, 3)), expected)


def test_the_output_is_channels_last():
    images = pictures().contiguous(memory_format=torch.channels_last)
    assert RandAugment(1, 9)(images, SampleRandom(torch.arange(6), 0, 0)).is_contiguous(
        memory_format=torch.channels_last
    )


@pytest.mark.parametrize("images", [torch.zeros(2, 4, 8, 8, dtype=torch.uint8), torch.zeros(2, 3, 8, 8)])
def test_other_images_are_refused(images):
    with pytest.raises(ShapeError, match=r"uint8 images \(B, C, H, W\) of 1 or 3 channels"):
        operate(images, torch.zeros(2, dtype=torch.int64), 9)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_images_on_cuda_are_equal_without_a_synchronisation():
    images, samples = pictures(64), torch.arange(64)
    on_device, device_samples = images.cuda(), samples.cuda()
    expected = RandAugment(2, 9)(images, SampleRandom(samples, 0, 0))
    RandAugment(2, 9)(on_device, SampleRandom(device_samples, 0, 0))  # copies the cached constants to the device
    torch.cuda.set_sync_debug_mode("error")
    try:
        found = RandAugment(2, 9)(on_device, SampleRandom(device_samples, 0, 0))
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert (found.cpu().int() - expected.int()).abs().max() <= 1  # a fused multiply-add rounds once instead of twice
