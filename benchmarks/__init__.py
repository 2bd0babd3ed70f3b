"""Measurements: each is a program that prints its results, where possible as ratios to an alternative in one run."""
