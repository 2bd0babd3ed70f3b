"""Servers of several files and of one, and the path of a partial download."""

from tests.datasets.download.sources import host  # noqa: F401 - a fixture
from tests.datasets.download.transfers import part, server  # noqa: F401 - fixtures
