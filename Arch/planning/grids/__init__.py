"""Writes grids of configs."""
