"""Digits against the arrays of scikit-learn."""

from fractions import Fraction

import pytest
from sklearn.datasets import load_digits

from Arch.datasets.sources.digits import Digits

# The 17 greys 0..16 spread over the bytes, halves up, in exact arithmetic.
GREYS = [int(Fraction(v * 255, 16) + Fraction(1, 2)) for v in range(17)]


@pytest.mark.parametrize(("split", "n"), [("train", 1442), ("test", 355)])
def test_every_fifth_digit_of_a_class_is_a_test_sample(split, n, root):
    raw, seen, expected = load_digits(), [0] * 10, []
    for i, label in enumerate(raw.target):
        seen[label] += 1
        if (seen[label] % 5 == 0) == (split == "test"):
            expected.append(i)
    images = Digits().read(root, split)
    assert len(images) == n
    assert images.labels.tolist() == raw.target[expected].tolist()
    bytes_of = [[[GREYS[int(v)] for v in row] for row in raw.images[i]] for i in expected]
    assert images.pixels[:, 0].tolist() == bytes_of
