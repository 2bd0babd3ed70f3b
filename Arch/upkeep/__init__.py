"""Keeping a cache tidy and its configs many: trash, pruning, verifying, new names after new rules, grids."""
