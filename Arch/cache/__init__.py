"""Stores what experiments produce, one folder per fingerprint; reads never write, and no crash leaves half a file."""
