"""Maintains a cache: trash, pruning, verification, renaming after a change of the rules, diagnosis."""
