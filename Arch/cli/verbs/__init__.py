"""The verbs of `main.py`, one file each: arguments and output."""
