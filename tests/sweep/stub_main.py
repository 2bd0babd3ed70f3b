"""`main.py` with workers that are stubs without torch."""

import functools
import sys

from Arch.cli.console.program import guarded
from Arch.cli.main import main
from Arch.cli.shared import sweeping
from Arch.sweep.executors.local import LocalPool
from tests.sweep.conftest import STUB_COMMAND

sweeping.LocalPool = functools.partial(LocalPool, command=STUB_COMMAND)
sys.exit(guarded(main, sys.argv[1:]))
