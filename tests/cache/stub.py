"""A trainer without torch whose numbers have a closed form, so that an exact resume can be verified."""

import json

from Arch import files
from Arch.cache.attempts.progress import Progress
from Arch.errors import StoppedError
from Arch.types import Epoch, Run

EPOCHS, EVERY = 4, 2
FACTOR, SUMMAND, PRIME = 48_271, 11, 2_147_483_647


def closed_form(index, epoch):
    """Iterates `x -> FACTOR x + SUMMAND (mod PRIME)` on `index + 1`, `epoch` times, by the geometric sum."""
    power = pow(FACTOR, epoch, PRIME)
    return (power * (index + 1) + SUMMAND * (power - 1) * pow(FACTOR - 1, -1, PRIME)) % PRIME


def expected_run(index):
    """Returns the run that an uninterrupted training commits."""
    return run_of(index, [closed_form(index, epoch) for epoch in range(1, EPOCHS + 1)])


def nothing(epoch):
    """Does not disturb the training."""


def fail(epoch):
    """Raises in the third epoch, after a checkpoint."""
    if epoch == 3:
        raise ValueError("bad luck")


def stop(epoch):
    """Stops the run on request in the fourth epoch."""
    if epoch == 4:
        raise StoppedError("left on request")


def train(entry, config, index=0, on_epoch=nothing, **how):
    """Makes a run: opens the entry, takes the lease, starts or resumes, checkpoints and commits."""
    entry.open(config)
    with entry.take(index, **how) as lease:
        make_run(lease, on_epoch)


def make_run(lease, on_epoch=nothing):
    """Makes the run of an entered lease."""
    entry, index, work = lease.entry, lease.index, lease.entry.work(lease.index)
    with entry.write_run(index, lease) as writer:
        checkpoint = work.checkpoints.newest()
        numbers = json.loads(checkpoint.payload) if checkpoint else [index + 1]
        work.write_log(f"attempt {lease.generation} begins after epoch {len(numbers) - 1}")
        work.rewrite_epochs(epochs_of(numbers[1:]))
        for epoch in range(len(numbers), EPOCHS + 1):
            on_epoch(epoch)
            numbers.append((FACTOR * numbers[-1] + SUMMAND) % PRIME)
            work.write_log(f"epoch {epoch}")
            work.append_epoch(epochs_of(numbers[1:])[-1])
            work.save_progress(Progress(epoch, EPOCHS, epoch, EPOCHS, float(epoch), ""))
            if epoch % EVERY == 0:
                work.checkpoints.save(epoch, json.dumps(numbers).encode())
        files.write_synced(writer.folder / "Last.safetensors", str(numbers[-1]))
        files.write_synced(writer.folder / "log.txt", files.read_bytes(work.log))
        assert work.epochs() == epochs_of(numbers[1:])
        writer.commit(run_of(index, numbers[1:]))


def epochs_of(numbers):
    """Returns the epochs with these numbers."""
    return tuple(Epoch(i, {"loss": float(x)}, {"accuracy": x / PRIME}, {}, 0.1, 1.0) for i, x in enumerate(numbers, 1))


def run_of(index, numbers):
    """Returns a run with these numbers, one per epoch."""
    return Run(index, 7, epochs_of(numbers), {"accuracy": numbers[-1] / PRIME}, float(EPOCHS), {"device": "cpu"})
