"""The course of a run, from where it stands to its commit: it can be left at any step and taken up again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from Arch import files
from Arch.cache.attempts.progress import Progress
from Arch.cache.making.writer import RunWriter
from Arch.training.fit.fit import Fit
from Arch.training.run.checkpoint import RunState, UnfitCheckpointError, pack, unpack
from Arch.training.run.checkpointer import Checkpointer
from Arch.training.run.provenance import host, record, session
from Arch.training.run.run_log import numbers
from Arch.training.run.stopwatch import Stopwatch, device_watch
from Arch.training.run.tensorboard import open_events
from Arch.training.streams import Streams, global_stream
from Arch.types import Epoch, Run
from Arch.units import utc_now

if TYPE_CHECKING:
    from pathlib import Path

    from Arch.cache.making.lease import Lease
    from Arch.datasets.loading import ImageData
    from Arch.training.itrainer import ITrainer
    from Arch.training.run.run_log import RunLog


def start_message(trainer: ITrainer, lease: Lease) -> str:
    """A line for the log on what begins, and where; raises TrainingError if there is no such device."""
    described, config = trainer.engine.describe(), trainer.config
    return (
        f"{config.title} ({config.fingerprint}), run {lease.index}, attempt {lease.generation}, on {host()}, "
        f"{described['device']}, {described['threads']} threads"
    )


def make_run(trainer: ITrainer, dataset: ImageData, lease: Lease, log: RunLog) -> Run:
    """Makes and commits a run of a trainer's experiment, from its latest checkpoint on if it has one.

    Args:
        trainer: whose run it is.
        dataset: on the device.
        lease: on the run; it is entered.
        log: of the run.

    Raises:
        ArchError: the config cannot be carried out, the data are not those that it was begun with, a loss was not
            finite, or the cache cannot be written.
        StoppedError: the end was asked for.
        LeaseLostError: another process took the run over.
    """
    stream = Streams(trainer.config["Seed"], lease.index).dropout
    with global_stream(stream, trainer.engine.device):
        training, run_state = _taken_up(trainer, dataset, lease, log)
        loop = RunLoop(training, run_state, lease, log)
        loop.train()
    return loop.commit()


def _taken_up(trainer: ITrainer, dataset: ImageData, lease: Lease, log: RunLog) -> tuple[Fit, RunState]:
    """The training and where it stands: at its latest checkpoint, or at its beginning."""
    training = Fit.prepare(trainer, dataset, lease.index)
    checkpoints = lease.entry.work(lease.index).checkpoints
    kept = checkpoints.newest()
    run_state = None
    if kept is not None:
        try:
            run_state = unpack(training, kept.payload)
        except UnfitCheckpointError as problem:
            logging.getLogger(__name__).warning(
                "the checkpoint of run %d in %s does not fit (%s); the run starts afresh.",
                lease.index,
                lease.entry.path,
                problem,
            )
            checkpoints.discard()  # else it would count as further than the new ones
            training = Fit.prepare(trainer, dataset, lease.index)
    run_state = run_state or RunState(training.learner.means())
    step = training.learner.steps_done
    unlike = run_state.begin_session(session(trainer.engine), step)
    epochs, steps = training.learner.recipe.num_epochs, training.batches.steps
    place = f"{len(run_state.epochs)} of {epochs} epochs and {step} of {epochs * steps} steps are done"
    log.say(f"goes on: {place}" if step else f"begins: {epochs} epochs of {steps} steps")
    if trainer.start and not step:
        log.say(str(trainer.start))
    if unlike:
        log.say(f"warning: what came before was made with another {', another '.join(unlike)}")
    return training, run_state


class RunLoop:
    """A run under way."""

    def __init__(self, training: Fit, run_state: RunState, lease: Lease, log: RunLog) -> None:
        """Takes a training, where it stands, the lease on its run and the run's log."""
        self._training, self._run_state, self._lease, self._log = training, run_state, lease, log
        trainer = training.trainer
        self._watch = Stopwatch(run_state.seconds)
        self._epoch_watch = Stopwatch(run_state.epoch_seconds)
        self._device_watch = device_watch(trainer.engine.device, run_state.device_seconds)
        self._checkpointer = Checkpointer(
            lease,
            log,
            requests=trainer.settings.requests,
            watcher=trainer.settings.watcher,
            interval=trainer.config.option("CheckpointInterval"),
            kept=training.learner.steps_done,
            pack=self._packed,
            progress=self._progress,
        )

    def train(self) -> None:
        """Trains up to the last epoch.

        Raises:
            NonFiniteLossError: a loss or a score was not finite.
            StoppedError: the end was asked for.
            LeaseLostError: another process took the run over.
        """
        training, run_state, checkpointer = self._training, self._run_state, self._checkpointer
        recipe, watcher = training.learner.recipe, training.trainer.settings.watcher
        watcher.run_started(
            training.trainer.config.title, training.streams.run, recipe.num_epochs, training.batches.steps
        )
        if training.learner.steps_done:
            watcher.run_resumed(training.learner.steps_done)
        self._watch.start()
        self._device_watch.start()
        is_wanted = training.trainer.config.option("TensorBoard")
        with open_events(self._events, run_state.epochs, is_wanted=is_wanted) as write_event:
            checkpointer.look()  # the end may have been asked for while the data were loaded
            while (number := len(run_state.epochs) + 1) <= recipe.num_epochs:
                epoch = self._epoch(number)
                write_event(epoch)
                watcher.epoch_done(epoch)
                self._log.say(f"epoch {number}/{recipe.num_epochs}: {numbers(epoch)}")
                if number < recipe.num_epochs:
                    checkpointer.epoch_done(number)
        checkpointer.trained()

    def commit(self) -> Run:
        """Makes what was trained a run, with its log and events.

        Raises:
            LeaseLostError: another process took the run over.
            DiskError: the cache cannot be written; what was trained stays in the latest checkpoint.
        """
        run = self._record()
        self._log.say(f"done after {run.seconds:.1f} s: {', '.join(f'{k} {v:.6g}' for k, v in run.scores.items())}")
        work = self._lease.entry.work(self._lease.index)
        with RunWriter(self._lease.entry, self._lease.index, self._lease) as writer:
            self._training.save_weights(writer.folder)
            if files.exists(work.events):
                files.rename_new(work.events, writer.folder / work.events.name)
            if files.exists(work.log):
                files.write_synced(writer.folder / work.log.name, files.read_bytes(work.log))
            self._log.close()
            writer.commit(run)
        return run

    @property
    def _events(self) -> Path:
        return self._lease.entry.work(self._lease.index).events

    def _epoch(self, number: int) -> Epoch:
        run_state, watch = self._run_state, self._epoch_watch
        watch.start()
        epoch = self._training.epoch(number, run_state.means, watch, self._checkpointer.step_done)
        run_state.epochs.append(epoch)
        run_state.means = self._training.learner.means()
        self._epoch_watch = Stopwatch()
        return epoch

    def _packed(self) -> bytes:
        run_state = self._run_state
        run_state.seconds, run_state.epoch_seconds = self._watch.seconds, self._epoch_watch.seconds
        run_state.device_seconds = self._device_watch.seconds
        return pack(self._training, run_state)

    def _progress(self) -> Progress:
        training, epochs = self._training, self._run_state.epochs
        recipe = training.learner.recipe
        scores = {"loss": epochs[-1].train["loss"]} if epochs else {}
        evaluated = next((epoch for epoch in reversed(epochs) if epoch.test), None)
        if evaluated:
            scores |= {name: evaluated.test[name] for name in ("accuracy",) if name in evaluated.test}
        return Progress(
            epoch=len(epochs),
            epochs=recipe.num_epochs,
            step=training.learner.steps_done,
            steps=recipe.num_epochs * training.batches.steps,
            seconds=self._watch.seconds,
            time=utc_now(),
            scores=scores,
        )

    def _record(self) -> Run:
        training, run_state = self._training, self._run_state
        origin = record(training)
        origin["attempts"] = self._lease.generation
        origin["device_seconds"] = self._device_watch.seconds
        if len(run_state.sessions) > 1:
            origin["sessions"] = run_state.sessions
        return Run(
            index=training.streams.run,
            seed=training.streams.seed,
            epochs=tuple(run_state.epochs),
            scores={**run_state.epochs[-1].test, **training.best.scores()},
            seconds=self._watch.seconds,
            provenance=origin,
        )
