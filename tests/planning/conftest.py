"""The tests of plans read a small cache, of real configs or under rules that a test may change."""

from tests.cached_runs import attempt, commit, opened, workspace
from tests.small_rules import add, rules, workspace_of

__all__ = ["add", "attempt", "commit", "opened", "rules", "workspace", "workspace_of"]
