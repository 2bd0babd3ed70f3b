"""`main.py` as it is, but for its workers, which are stubs without torch."""

import functools
import sys

from Arch.sweep.executors.local import LocalPool
from Scripts import sweeping
from Scripts.main import main
from Scripts.program import guarded
from tests.sweep.conftest import STUB_COMMAND

sweeping.LocalPool = functools.partial(LocalPool, command=STUB_COMMAND)
sys.exit(guarded(main, sys.argv[1:]))
