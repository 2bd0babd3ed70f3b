"""Fields of a component whose keys are switched off."""

import dataclasses

import pytest

from Arch.errors import InactiveKeyError

RULES = {"Shape": "disc", "Shape:ring:Params": {"ShapeHole": 0.5}, "::": {"Shape": {"choices": {"disc": 1, "ring": 1}}}}


@dataclasses.dataclass(frozen=True)
class Shape:
    hole: float = 0.0


@dataclasses.dataclass(frozen=True)
class Demanding:
    hole: float


def test_a_field_with_a_default_keeps_it_where_its_key_is_switched_off(resolver_of):
    resolver = resolver_of(RULES)
    assert resolver.resolve({"Shape": "disc", "ShapeHole": 0.7}).fill(Shape, "Shape") == Shape(0.0)
    assert resolver.resolve({"Shape": "ring", "ShapeHole": 0.7}).fill(Shape, "Shape") == Shape(0.7)


def test_a_field_without_a_default_needs_its_key(resolver_of):
    with pytest.raises(InactiveKeyError, match=r"ShapeHole is switched off"):
        resolver_of(RULES).resolve({"Shape": "disc"}).fill(Demanding, "Shape")
