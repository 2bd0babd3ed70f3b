"""Measurements, each a program that prints its figures as ratios against an alternative in one run."""
