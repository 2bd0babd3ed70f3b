"""The tests of reports read a small cache of real configs."""

from tests.cached_runs import attempt, commit, opened, workspace

__all__ = ["attempt", "commit", "opened", "workspace"]
