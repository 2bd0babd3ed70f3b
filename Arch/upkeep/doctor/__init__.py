"""Checks the cache, the disk and the machine, and reports problems with their remedies."""
