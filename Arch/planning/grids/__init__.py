"""Writes a config for every combination of some keys' values."""
