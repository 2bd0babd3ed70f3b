#!/usr/bin/env python3
"""Runs, sweeps and looks at experiments; `main.py -h` lists what it can do."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs from anywhere, installed or not

from Arch.cli.main import program

if __name__ == "__main__":
    sys.exit(program())
