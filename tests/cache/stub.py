"""A trainer without torch, whose numbers have a closed form, so that exact resume can be checked by hand."""

import json

from Arch import files
from Arch.cache.attempts.progress import Progress
from Arch.errors import StoppedError
from Arch.types import Epoch, Run

EPOCHS, EVERY = 4, 2
FACTOR, SUMMAND, PRIME = 48_271, 11, 2_147_483_647


def closed_form(index, epoch):
    """What `x -> FACTOR x + SUMMAND (mod PRIME)` makes of `index + 1` in so many steps: a geometric sum."""
    power = pow(FACTOR, epoch, PRIME)
    return (power * (index + 1) + SUMMAND * (power - 1) * pow(FACTOR - 1, -1, PRIME)) % PRIME


def expected_run(index):
    """What an undisturbed training commits."""
    return run_of(index, [closed_form(index, epoch) for epoch in range(1, EPOCHS + 1)])


def nothing(epoch):
    """What befalls a training that is left alone."""


def fail(epoch):
    """A mistake in the third epoch, after a checkpoint."""
    if epoch == 3:
        raise ValueError("bad luck")


def stop(epoch):
    """The end is asked for in the fourth epoch."""
    if epoch == 4:
        raise StoppedError("left on request")


def train(entry, config, index=0, befalls=nothing, **how):
    """The whole life of a run in the store: opened, taken, begun or resumed, checkpointed, committed."""
    entry.open(config)
    with entry.take(index, **how) as lease:
        make_run(lease, befalls)


def make_run(lease, befalls=nothing):
    """Makes the run of a lease that is entered."""
    entry, index, work = lease.entry, lease.index, lease.entry.work(lease.index)
    with entry.write_run(index, lease) as writer:
        checkpoint = work.checkpoints.newest()
        numbers = json.loads(checkpoint.payload) if checkpoint else [index + 1]
        work.write_log(f"attempt {lease.generation} begins after epoch {len(numbers) - 1}")
        for epoch in range(len(numbers), EPOCHS + 1):
            befalls(epoch)
            numbers.append((FACTOR * numbers[-1] + SUMMAND) % PRIME)
            work.write_log(f"epoch {epoch}")
            work.save_progress(Progress(epoch, EPOCHS, epoch, EPOCHS, float(epoch), ""))
            if epoch % EVERY == 0:
                work.checkpoints.save(epoch, json.dumps(numbers).encode())
        files.write_synced(writer.folder / "Last.safetensors", str(numbers[-1]))
        files.write_synced(writer.folder / "log.txt", files.read_bytes(work.log))
        writer.commit(run_of(index, numbers[1:]))


def run_of(index, numbers):
    """A run with these numbers, epoch by epoch."""
    epochs = tuple(
        Epoch(i, {"loss": float(x)}, {"accuracy": x / PRIME}, {}, 0.1, 1.0) for i, x in enumerate(numbers, 1)
    )
    return Run(index, 7, epochs, {"accuracy": numbers[-1] / PRIME}, float(EPOCHS), {"device": "cpu"})
