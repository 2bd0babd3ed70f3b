"""The program of a worker (`python -m`): makes one run and reports its outcome by the exit code."""

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
from Arch.errors import ArchError, LeaseLostError, PluginError, StoppedError
from Arch.escaping import escaping
from Arch.machine.standard_streams import make_streams_safe
from Arch.planning.workspace import Workspace
from Arch.sweep.executors.order import Exit, Order
from Arch.sweep.worker import Worker

PARENT = "ARCH_PARENT"  # environment variable: the PID of the process whose end also ends this worker
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>


@dataclass(frozen=True)
class Job:
    """The run that a worker makes.

    Attributes:
        order: the order as received.
        workspace: the cache, its rules and the data.
        config: the experiment.
        lease: the lease of the run.
        requests: requests for a checkpoint or for stopping, set by signals.
    """

    order: Order
    workspace: Workspace
    config: Config
    lease: Lease
    requests: Requests


def make_run(job: Job) -> None:
    """Trains and commits the run; imports torch."""
    workspace, order = job.workspace, job.order
    worker = Worker(
        workspace.store,
        workspace.data,
        order.device,
        requests=job.requests,
        accepts_unlike=order.accepts_unlike,
        command=order.command,
    )
    worker.make_run(job.config, job.lease)


def main(make: Callable[[Job], None] = make_run) -> Exit:
    """Makes the run that is ordered on standard input.

    Args:
        make: makes and commits the run; an exception of it is recorded with the run.
    """
    make_streams_safe()  # a full disk under the log must not fail a run that prints
    sys.stdout, sys.stderr = escaping(sys.stdout), escaping(sys.stderr)  # the log, which people show on terminals
    requests = Requests(is_checked=True)  # below, once there is a lease that can be ended
    try:
        _handle_signals(requests)
        order = Order.of(sys.stdin.read())
        # Adopted before torch is imported, which may take minutes: other processes see the holder and its heartbeat.
        with Lease.adopt(Entry(Path(order.cache, order.fingerprint)), order.run, dict(order.token)) as lease:
            _follow_parent()
            with requests.interrupts_converted():
                requests.is_checked = False
                requests.require_no_interrupt(f"run {order.run} of {order.fingerprint}")
                make(_job(order, lease, requests))
    except LeaseLostError as error:
        return _leave(error, Exit.LOST)
    except (StoppedError, KeyboardInterrupt) as error:
        return _leave(error, Exit.STOPPED)
    except ArchError as error:
        return _leave(error, Exit.FAILED)
    except (Exception, SystemExit):  # noqa: BLE001 - it is recorded already; the log gets the traceback
        traceback.print_exc()
        return Exit.FAILED
    finally:
        for number in SIGNALS:  # a later one would interrupt the end of the interpreter, and change the exit code
            signal.signal(number, signal.SIG_IGN)
    return Exit.COMMITTED


def config_of(order: Order) -> Config:
    """Returns the config of an order, whose plugins are what they were when the command that ordered it read them.

    Raises:
        ArchError: the experiment cannot be read; PluginError: a plugin has changed, since one command runs one code.
    """
    workspace = Workspace.at(order.cache, order.data, order.rules).trusting(order.plugins)
    config = workspace.cached(order.fingerprint, options=order.options)
    for path, each in config.plugins.items():
        if order.plugins.get(path, each.code.sha256) != each.code.sha256:
            raise PluginError(
                f"{path} has changed since the command that makes this run read it. Give the command again: it takes "
                "the file as it is then."
            )
    return config


def _job(order: Order, lease: Lease, requests: Requests) -> Job:
    workspace = Workspace.at(order.cache, order.data, order.rules)
    return Job(order, workspace, config_of(order), lease, requests)


def _handle_signals(requests: Requests) -> None:
    """Lets signals set the requests; a stop before the first step, when these are not checked, ends the worker."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        requests.interrupt()

    def save(_number: int, _frame: FrameType | None) -> None:
        requests.checkpoint()

    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # ignored under nohup
            signal.signal(number, save if number in (signal.SIGUSR1, signal.SIGUSR2) else stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # the executor blocked them until they are handled


def _follow_parent() -> None:
    """Requests a SIGTERM from the system for when the parent dies; raises StoppedError if it is dead already."""
    parent = os.environ.get(PARENT)
    if parent is None:
        return
    if sys.platform == "linux":
        import ctypes  # no other module needs it

        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != int(parent):  # the parent died before the request
        raise StoppedError("the process that started this worker has ended.")


def _leave(error: BaseException, code: Exit) -> Exit:
    sys.stderr.write(f"{type(error).__name__}: {error}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
