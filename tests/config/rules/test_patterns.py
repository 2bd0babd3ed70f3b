"""Comparison of values: whole values match, and `*` stands for any text."""

import fnmatch
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from Arch.config.rules.patterns import is_pattern, matches, meet


@pytest.mark.parametrize(
    ("value", "wanted", "verdict"),
    [
        ("ViT_B", "ViT_B", True),
        ("ViT_B", "ViT_*", True),
        ("ViT_", "ViT_*", True),
        ("ViT", "ViT_*", False),
        ("vit_b", "ViT_*", False),
        ("CIFAR100F", "CIFAR10", False),
        ("ResNet34", "ResNet3", False),
        ("torchvision/resnet18", "torchvision/*", True),
        ("aXbXc", "a*b*c", True),
        ("acb", "a*b*c", False),
        ("aa", "a*a*a", False),
        ("a", "a*a", False),
        ("a.c", "a?c", False),
        ("", "*", True),
    ],
)
def test_text_matches_whole_and_by_case(value, wanted, verdict):
    assert matches(value, wanted) is verdict


@pytest.mark.parametrize(
    ("value", "wanted", "verdict"),
    [
        (True, True, True),
        (True, 1, False),
        (1, True, False),
        (0, False, False),
        (1, 1.0, True),
        (2, 1, False),
        ("1", 1, False),
        (1, "1", False),
        (["KD", "CRD"], "CRD", True),
        (["KD", "CRD"], "C*", True),
        (["KD", "CRD"], "CR", False),
        ([], "CRD", False),
        (("KD",), "KD", True),
    ],
)
def test_other_values_match_by_type_and_lists_by_their_elements(value, wanted, verdict):
    assert matches(value, wanted) is verdict


def test_only_text_with_a_star_is_a_pattern():
    assert [is_pattern(value) for value in ("ViT_*", "ViT_B", 3, True)] == [True, False, False, False]


@settings(deadline=None, derandomize=True, database=None, max_examples=500)
@given(st.text("ab*", max_size=8), st.text("ab*", max_size=6))
def test_a_star_matches_as_in_the_shell(value, wanted):
    assert matches(value, wanted) == fnmatch.fnmatchcase(value, wanted)


@settings(deadline=None, derandomize=True, database=None, max_examples=500)
@given(st.text("ab*", max_size=4), st.text("ab*", max_size=4))
def test_two_patterns_meet_where_some_short_text_fits_both(one, other):
    texts = ("".join(letters) for size in range(9) for letters in itertools.product("ab", repeat=size))
    assert meet(one, other) == any(
        fnmatch.fnmatchcase(text, one) and fnmatch.fnmatchcase(text, other) for text in texts
    )
