"""The tests of grids need no real rules."""

from tests.small_rules import workspace

__all__ = ["workspace"]
