#!/usr/bin/env python3
"""Draws figures of what is cached; `Plotfigs.py -h` lists them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs from anywhere, installed or not

from Arch.cli.plotfigs import program

if __name__ == "__main__":
    sys.exit(program())
