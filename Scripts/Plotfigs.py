#!/usr/bin/env python3
"""Draws figures of what is cached; `Plotfigs.py -h` lists them."""

import os
import sys

# So that it runs from anywhere, installed or not; without pathlib, during whose import Ctrl-C would be a traceback.
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))  # noqa: PTH120

from Arch.cli.start import figures

if __name__ == "__main__":
    sys.exit(figures())
