"""Claim files: which process makes a run, and whether that process is alive."""
