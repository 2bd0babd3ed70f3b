"""Fixtures of the tests of grids: a few small rules."""

from tests.small_rules import workspace

__all__ = ["workspace"]
