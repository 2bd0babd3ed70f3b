"""Claim files: which process makes a run, and whether it is still alive."""
