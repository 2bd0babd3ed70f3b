"""Renames cached experiments after a change of the rules."""
