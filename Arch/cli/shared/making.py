"""Makes the missing runs of a plan in this process, with progress on standard error and answers to signals."""

from __future__ import annotations

import argparse
import os
from typing import NoReturn

from Arch.callbacks import Requests
from Arch.cli.console.progress import watcher
from Arch.cli.console.signals import STOPPING, Signals
from Arch.cli.shared.made import Made
from Arch.planning.plan import Plan
from Arch.planning.workspace import Workspace
from Arch.sweep.in_process import carry_out
from Arch.sweep.worker import Worker


def make_missing(workspace: Workspace, plan: Plan, options: argparse.Namespace) -> Made:
    """Makes the missing runs of a plan, one after the other."""
    if options.threads is not None:  # torch, which is not imported yet, reads them at import
        os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(options.threads)))
    requests = Requests()
    shown = watcher(quiet=options.quiet)
    worker = Worker(
        workspace.store, workspace.data, options.device, shown, requests, accepts_unlike=options.accept_unlike
    )
    with Signals(requests.interrupt, _interrupt, requests.checkpoint, lambda: _words(requests)) as signals:
        try:
            failures = carry_out(plan, worker)
        except KeyboardInterrupt:
            return Made(code=signals.code or 130, is_interrupted=True)
    return Made(failures, signals.code)


def _interrupt() -> NoReturn:
    raise KeyboardInterrupt


def _words(requests: Requests) -> str:
    """Returns what the first Ctrl-C leads to."""
    return STOPPING if requests.is_checked else "stopping; finished runs are kept"
