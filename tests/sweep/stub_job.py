"""A worker without torch, whose behaviour depends on its config's `Seed` and the environment variable STUB.

STUB is JSON: `trace` (a file: a line for each start of a training), `steps` and `pause` (seconds) of a run, and
`ways`, by seed: what goes wrong. Each attempt makes at least one step before it reacts to a stop.
"""

import json
import os
import signal
import sys
import time

from Arch.errors import StoppedError, TrainingError
from Arch.sweep.executors.job import main
from Arch.types import Run

STUB = json.loads(os.environ.get("STUB", "{}"))


def make(job):
    entry, lease = job.lease.entry, job.lease
    job.requests.is_checked = True
    trace(f"{entry.fingerprint} {lease.index} {lease.generation} {os.getpid()}")
    way = STUB.get("ways", {}).get(str(job.config["Seed"]), "")
    with lease, entry.write_run(lease.index, lease) as writer:
        done = go_on(job, entry.work(lease.index), way)
        seen = {name: os.environ.get(name, "") for name in ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS")}
        provenance = {**seen, "options": dict(job.config.options), "device": job.order.device, "begun_at": done}
        writer.commit(Run(lease.index, 0, (), {"accuracy": 0.5}, 1.0, provenance))


def go_on(job, work, way):
    """Makes the remaining steps; returns the number of those in the checkpoint."""
    begun = work.checkpoints.step()
    is_hanging = way == "hang" or (way == "hang once" and job.lease.generation == 1)
    steps = 10**6 if is_hanging else STUB.get("steps", 3)
    work.write_log(f"from step {begun}")
    for step in range(begun, steps):
        time.sleep(STUB.get("pause", 0.01))
        go_wrong(way, job.lease)
        if job.requests.is_stop_requested and way != "ignores stop" and step > begun:
            work.checkpoints.save(step, b"x")
            raise StoppedError("left on request.")
        if job.requests.is_checkpoint_requested:
            job.requests.is_checkpoint_requested = False
            work.checkpoints.save(step, b"x")
            work.write_log(f"checkpoint at {step}")
    return begun


def go_wrong(way, lease):
    if way == "error" or (way == "error once" and lease.generation == 1):
        raise TrainingError("bad luck")
    if way == "bug":
        raise KeyError("no such thing")
    if way == "quit":
        sys.exit(3)
    if way == "memory":
        raise MemoryError
    if way == "exit 3" or (way == "exit 3 once" and lease.generation == 1):
        os.write(2, b"last words\n")
        os._exit(3)
    if way == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if way == "leave":
        os._exit(0)


def trace(line):
    if "trace" in STUB:
        descriptor = os.open(STUB["trace"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(descriptor, f"{line}\n".encode())
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main(make))
