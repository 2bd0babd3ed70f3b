#!/usr/bin/env python3
"""Runs, sweeps and looks at experiments; `main.py -h` lists what it can do."""

import os
import sys

# So that it runs from anywhere, installed or not; without pathlib, during whose import Ctrl-C would be a traceback.
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))  # noqa: PTH120

from Arch.cli.start import main

if __name__ == "__main__":
    sys.exit(main())
