"""Selects experiments and plans their runs; imports no torch."""
