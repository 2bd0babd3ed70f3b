"""A worker: makes one run in a process of its own and tells by its exit code what became of it (`python -m`)."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from Arch.cache.entry import Entry
from Arch.cache.making.lease import Lease
from Arch.callbacks import Requests
from Arch.config.config import Config
from Arch.errors import ArchError, LeaseLostError, StoppedError
from Arch.planning.workspace import Workspace
from Arch.sweep.executors.order import Exit, Order
from Arch.sweep.worker import Worker

PARENT = "ARCH_PARENT"  # the environment variable with the process whose end is to be this worker's, too
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2)
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>


@dataclass(frozen=True)
class Job:
    """What a worker has in hand."""

    order: Order
    workspace: Workspace
    config: Config
    lease: Lease
    requests: Requests


def make_run(job: Job) -> None:
    """Trains and commits the run; torch is imported here."""
    workspace = job.workspace
    Worker(workspace.store, workspace.data, job.order.device, requests=job.requests).make_run(job.config, job.lease)


def main(make: Callable[[Job], None] = make_run) -> Exit:
    """Makes the run that standard input orders.

    Args:
        make: makes and commits the run; what it raises is written down with the run.
    """
    requests = Requests()
    _heed_signals(requests)
    order = Order.of(sys.stdin.read())
    try:
        # Before torch is there, whose import may take minutes: whoever looks sees who holds the run, and that he lives.
        with Lease.adopt(Entry(Path(order.cache, order.fingerprint)), order.run, dict(order.token)) as lease:
            _follow_parent()
            make(_job(order, lease, requests))
    except LeaseLostError as error:
        return _leave(error, Exit.LOST)
    except (StoppedError, KeyboardInterrupt) as error:
        return _leave(error, Exit.STOPPED)
    except ArchError as error:
        return _leave(error, Exit.FAILED)
    except (Exception, SystemExit):  # noqa: BLE001 - it is written down already, and whoever reads the log is to see it
        traceback.print_exc()
        return Exit.FAILED
    return Exit.COMMITTED


def _job(order: Order, lease: Lease, requests: Requests) -> Job:
    workspace = Workspace.at(order.cache, order.data, order.rules)
    config = workspace.cached(order.fingerprint, options=order.options)
    return Job(order, workspace, config, lease, requests)


def _heed_signals(requests: Requests) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        requests.stop()

    def save(_number: int, _frame: FrameType | None) -> None:
        requests.checkpoint()

    for number in SIGNALS:
        signal.signal(number, save if number in (signal.SIGUSR1, signal.SIGUSR2) else stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # those that came before had to wait


def _follow_parent() -> None:
    """Asks the system for a SIGTERM when the parent dies, however it does; raises StoppedError if it is dead."""
    parent = os.environ.get(PARENT)
    if parent is None:
        return
    if sys.platform == "linux":
        import ctypes  # nothing else in the house needs it

        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != int(parent):  # it may have died before it could be followed
        raise StoppedError("whoever ordered this run is gone.")


def _leave(error: BaseException, code: Exit) -> Exit:
    sys.stderr.write(f"{type(error).__name__}: {error}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
