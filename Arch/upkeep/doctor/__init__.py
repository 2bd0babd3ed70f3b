"""Checks the cache, the disk and the machine, and says what is wrong."""
