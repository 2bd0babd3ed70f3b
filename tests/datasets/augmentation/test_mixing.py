"""Mixed images against literal loops over images and pixels; their shares against the Beta distribution of scipy."""

import math

import pytest
import torch
from scipy import stats

from Arch.datasets.augmentation.mixing import Mixing, beta_shares, cut_window
from Arch.datasets.augmentation.sample_random import SampleRandom

SAMPLES = torch.arange(40) + 500
RANDOM = SampleRandom(SAMPLES, 3, 5)


@pytest.fixture
def images():
    return torch.randn(40, 3, 6, 9, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("alpha", [0.2, 1.0, 8.0])
def test_shares_are_quantiles_of_the_beta_distribution(alpha):
    uniform = torch.tensor([1e-9, 0.013, 0.3, 0.5, 0.77, 0.999, 1 - 1e-9], dtype=torch.float64)
    inverted = stats.beta(alpha, alpha).cdf(beta_shares(uniform, alpha).numpy())
    assert inverted == pytest.approx(uniform.numpy(), abs=2**-14)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_drawn_shares_follow_the_beta_distribution(alpha):
    shares = beta_shares(SampleRandom(torch.arange(20_000), 1, 2).uniform("mixup share"), alpha)
    assert stats.kstest(shares.numpy(), stats.beta(alpha, alpha).cdf).pvalue > 1e-3


def test_mixup_blends_each_image_with_the_next_one_of_the_batch(images):
    mixed, partners, shares = Mixing(0.4, 0.0, 1.0, 0.0)(images, RANDOM)
    assert partners.tolist() == [*range(1, 40), 0]
    expected = beta_shares(RANDOM.uniform("mixup share"), 0.4)
    assert shares.tolist() == pytest.approx(expected.tolist())
    for row, share in enumerate(expected.tolist()):
        blend = share * images[row] + (1 - share) * images[(row + 1) % 40]
        torch.testing.assert_close(mixed[row], blend)


def test_cutmix_pastes_a_window_of_the_next_image_and_counts_its_pixels(images):
    mixed, _, shares = Mixing(0.0, 1.0, 1.0, 1.0)(images, RANDOM)
    window = cut_window(RANDOM, 1.0, 6, 9)
    for row in range(40):
        pasted, expected = 0, images[row].clone()
        for y in range(max(0, window.top[row]), min(6, window.bottom[row])):
            for x in range(max(0, window.left[row]), min(9, window.right[row])):
                expected[:, y, x] = images[(row + 1) % 40][:, y, x]
                pasted += 1
        assert torch.equal(mixed[row], expected)
        assert shares[row].item() == pytest.approx(1 - pasted / 54)


def test_the_sides_of_a_cutmix_window_are_the_square_root_of_its_area():
    random = SampleRandom(torch.arange(500), 0, 0)
    window = cut_window(random, 1.0, 60, 90)
    root = [math.sqrt(1 - share) for share in beta_shares(random.uniform("cutmix share"), 1.0).tolist()]
    assert (window.bottom - window.top).tolist() == [int(60 * each) for each in root]
    assert (window.right - window.left).tolist() == [int(90 * each) for each in root]
    assert ((window.top + window.bottom) // 2).clamp(0, 59).sub((window.top + window.bottom) // 2).abs().max() <= 1


def test_unmixed_examples_are_unchanged(images):
    mixed, _, shares = Mixing(0.4, 1.0, 0.3, 0.5)(images, RANDOM)
    is_whole = RANDOM.uniform("mixed") >= 0.3
    assert 0 < is_whole.sum() < 40
    assert torch.equal(mixed[is_whole], images[is_whole])
    assert (shares[is_whole] == 1).all()


def test_each_example_is_mixed_by_one_method(images):
    blended, cut = Mixing(0.4, 0.0, 1.0, 0.0)(images, RANDOM), Mixing(0.0, 1.0, 1.0, 1.0)(images, RANDOM)
    mixed, _, shares = Mixing(0.4, 1.0, 1.0, 0.25)(images, RANDOM)
    is_cut = RANDOM.uniform("mixed by cutting") < 0.25
    assert 0 < is_cut.sum() < 40
    assert torch.equal(mixed, cut[0].where(is_cut[:, None, None, None], blended[0]))
    assert torch.equal(shares, cut[2].where(is_cut, blended[2]))


def test_a_share_does_not_depend_on_the_rest_of_the_batch(images):
    mixing, some = Mixing(0.4, 1.0, 0.8, 0.5), torch.tensor([31, 4, 17])
    whole = mixing(images, RANDOM)[2]
    assert torch.equal(mixing(images[some], SampleRandom(SAMPLES[some], 3, 5))[2], whole[some])


def test_channels_last_images_stay_channels_last(images):
    mixed = Mixing(0.4, 1.0, 1.0, 0.5)(images.contiguous(memory_format=torch.channels_last), RANDOM)[0]
    assert mixed.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_mixing_on_cuda_is_equal_and_does_not_synchronise(images):
    mixing, on_device = Mixing(0.4, 1.0, 0.8, 0.5), SampleRandom(SAMPLES.cuda(), 3, 5)
    theirs = images.cuda()
    mixing(theirs, on_device)  # copies the cached quantiles to the device
    torch.cuda.set_sync_debug_mode("error")
    try:
        found = mixing(theirs, on_device)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    for ours, expected in zip(found, mixing(images, RANDOM), strict=True):
        torch.testing.assert_close(ours.cpu(), expected)
