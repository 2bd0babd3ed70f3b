"""A folder in which sweeps are started."""

from tests.cli.shared.sweeps import place  # noqa: F401 - a fixture
