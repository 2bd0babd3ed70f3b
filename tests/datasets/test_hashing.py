"""Hashes against the same formula in plain Python integers; their uniformity against the binomial distribution."""

import pytest
import torch

from Arch.datasets.hashing import hash32, shuffled, uniform_below
from tests.datasets.literal_hash import literal_hash, lowbias32


def test_the_hash_is_two_keyed_rounds_of_lowbias32():
    counters = torch.tensor([0, 1, 2, 49_999, 2**31, 2**32 - 1])
    expected = [literal_hash(int(c), "views/3/7") for c in counters]
    assert hash32(counters, "views", 3, 7).tolist() == expected


def test_one_round_agrees_with_the_published_inverse():
    # hash-prospector's README gives lowbias32_r, which undoes lowbias32.
    def inverse(x):
        x ^= x >> 16
        x = x * 0x43021123 % 2**32
        x ^= (x >> 15) ^ (x >> 30)
        x = x * 0x1D69E2A5 % 2**32
        return x ^ x >> 16

    assert all(inverse(lowbias32(x)) == x for x in (0, 1, 12345, 2**31 + 7, 2**32 - 1))


@pytest.mark.parametrize("bit", range(32))
def test_every_bit_is_set_half_of_the_time(bit):
    ones = (hash32(torch.arange(40_000), "fair") >> bit & 1).sum().item()
    assert abs(ones - 20_000) < 5 * 100  # five standard deviations of Binomial(40 000, 1/2)


def test_integers_below_a_limit_take_all_values():
    numbers = uniform_below(10, torch.arange(2000), "cover")
    assert numbers.unique().tolist() == list(range(10))


def test_a_subset_is_shuffled_to_the_same_order_as_the_whole():
    whole = shuffled(torch.arange(100), "order").tolist()
    part = shuffled(torch.arange(0, 100, 3), "order").tolist()
    assert part == [i for i in whole if i % 3 == 0]
    assert whole != list(range(100))
