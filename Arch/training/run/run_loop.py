"""Runs the stages of a run, from its latest checkpoint to its commit; it can be interrupted between any two steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from Arch import files
from Arch.cache.attempts.progress import Progress
from Arch.cache.making.lease import Lease
from Arch.cache.making.writer import RunWriter
from Arch.training.run.checkpointer import Checkpointer
from Arch.training.run.guarded_watcher import GuardedWatcher
from Arch.training.run.outcomes import merged, save
from Arch.training.run.prepared import PreparedRun
from Arch.training.run.run_log import RunLog, epoch_line
from Arch.training.run.stage import Outcome, Stage
from Arch.training.run.starting import resumed, stage_prefix
from Arch.training.run.state import RunState
from Arch.training.run.stopwatch import Stopwatch, device_watch
from Arch.training.run.tensorboard import open_events, summary_writer
from Arch.training.run.time_left import seconds_left
from Arch.training.streams import Streams, global_stream
from Arch.training.study import Study
from Arch.types import Epoch, Run
from Arch.units import utc_now


def make_run(study: Study, prepare: Callable[[], PreparedRun], lease: Lease, log: RunLog) -> Run:
    """Makes and commits a run, resumed from its latest checkpoint if it has one.

    Args:
        study: the experiment of the run.
        prepare: returns the run before its first step; called again after a checkpoint that does not fit.
        lease: on the run; its context is entered.
        log: the log of the run.

    Raises:
        ArchError: the run cannot be prepared, the data are not those of its checkpoint, a loss was not finite, or the
            cache cannot be written.
        StoppedError: a stop was requested.
        LeaseLostError: another process took the run over.
    """
    if study.config.option("TensorBoard"):
        summary_writer()  # raises before the run starts where TensorBoard is not installed
    stream, requests = Streams(study.config["Seed"], lease.index).dropout, study.settings.requests
    try:
        with global_stream(stream, study.engine.device):
            run, state = resumed(prepare, lease, log)
            loop = RunLoop(run, state, lease, log)
            requests.is_checked = True  # from here to the commit
            loop.run()
        return loop.commit()
    finally:
        requests.is_checked = False


class RunLoop:
    """An active run, and the monitor of its stages."""

    def __init__(self, run: PreparedRun, state: RunState, lease: Lease, log: RunLog) -> None:
        """Takes a run, its state, the lease on it and its log."""
        self._run, self._state, self._lease, self._log = run, state, lease, log
        study = run.study
        self._watcher = GuardedWatcher.around(study.settings.watcher)
        self._watch = Stopwatch(state.seconds)
        self._device_watch = device_watch(study.engine.device, state.device_seconds)
        self._write_event: Callable[[Epoch], None] = lambda _: None
        self._startup_seconds = 0.0
        self._checkpointer = Checkpointer(
            lease,
            log,
            requests=study.settings.requests,
            watcher=self._watcher,
            interval=study.config.option("CheckpointInterval"),
            saved_step=run.steps_done,
            pack=self._packed,
            progress=self._progress,
        )

    def run(self) -> None:
        """Runs the remaining stages.

        Raises:
            NonFiniteLossError: a loss or a score was not finite.
            StoppedError: a stop was requested.
            LeaseLostError: another process took the run over.
        """
        run, state = self._run, self._state
        self._watcher.run_started(run.study.config.title, run.streams.run, *self._length())
        if run.steps_done:
            self._watcher.run_resumed(run.steps_done)
        self._startup_seconds = time.monotonic() - self._lease.since
        self._watch.start()
        self._device_watch.start()
        events, past = self._lease.entry.work(self._lease.index).events, self._epochs_done()
        self._log.begin_epochs(past)
        with open_events(events, past, is_wanted=run.study.config.option("TensorBoard")) as self._write_event:
            self._checkpointer.check()  # a stop may have been requested while the data were loaded
            while True:
                run.stages[state.stage].run(self)
                if state.stage + 1 == len(run.stages):
                    break
                self._log.write(f"{run.stages[state.stage].name} is done")
                state.stage += 1
        self._checkpointer.last_step_done()

    def step_done(self) -> None:
        """See `Monitor.step_done`."""
        self._checkpointer.step_done()

    def epoch_done(self, epoch: Epoch) -> None:
        """See `Monitor.epoch_done`."""
        run, stage = self._run, self._run.stages[self._state.stage]
        epoch = _of_stage(epoch, stage, run.stages)
        self._write_event(epoch)
        self._log.write_epoch(epoch)
        self._watcher.epoch_done(epoch)
        self._log.write(f"{stage_prefix(run, stage)}epoch {epoch.number}/{stage.reached().epochs}: {epoch_line(epoch)}")
        if run.steps_done < run.steps:
            self._checkpointer.epoch_done(epoch.number)

    def commit(self) -> Run:
        """Commits the finished run with its weights, arrays, log and events.

        Raises:
            LeaseLostError: another process took the run over.
            DiskError: the cache cannot be written; the latest checkpoint is kept.
        """
        outcome = merged(self._run.stages)
        run = self._recorded(outcome)
        self._log.write(f"done after {run.seconds:.1f} s: {', '.join(f'{k} {v:.6g}' for k, v in run.scores.items())}")
        work = self._lease.entry.work(self._lease.index)
        with RunWriter(self._lease.entry, self._lease.index, self._lease) as writer:
            save(outcome, writer.folder)
            if files.exists(work.events):
                files.rename_new(work.events, writer.folder / work.events.name)
            if files.exists(work.log):
                files.write_synced(writer.folder / work.log.name, files.read_bytes(work.log))
            self._log.close()
            writer.commit(run)
        return run

    def _epochs_done(self) -> list[Epoch]:
        stages = self._run.stages
        return [_of_stage(epoch, stage, stages) for stage in stages for epoch in stage.epochs]

    def _length(self) -> tuple[int, int]:
        """Returns the epochs and the steps per epoch; 0 and all steps where epochs differ or are absent."""
        numbers = [stage.reached().epochs for stage in self._run.stages]
        lengths = [stage.steps / max(number, 1) for stage, number in zip(self._run.stages, numbers, strict=True)]
        epochs = sum(numbers)
        if all(numbers) and len(set(lengths)) == 1:
            return epochs, self._run.steps // epochs
        return 0, self._run.steps

    def _packed(self) -> bytes:
        self._state.seconds, self._state.device_seconds = self._watch.seconds, self._device_watch.seconds
        return self._run.packed(self._state)

    def _progress(self) -> Progress:
        run = self._run
        reached = [stage.reached() for stage in run.stages]
        latest = reached[self._state.stage].scores
        return Progress(
            epoch=sum(each.epoch for each in reached),
            epochs=sum(each.epochs for each in reached),
            step=run.steps_done,
            steps=run.steps,
            seconds=self._watch.seconds,
            time=utc_now(),
            scores={name: latest[name] for name in ("loss", run.headline) if name in latest},
            left=seconds_left(reached, self._watch.seconds, run.steps_done, run.steps),
        )

    def _recorded(self, outcome: Outcome) -> Run:
        run, state = self._run, self._state
        provenance = run.record()
        provenance["begin"], provenance["end"] = state.begin, utc_now()
        provenance["attempts"] = self._lease.generation
        provenance["device_seconds"] = self._device_watch.seconds
        provenance["startup_seconds"] = self._startup_seconds
        if len(state.sessions) > 1:
            provenance["sessions"] = state.sessions
        return Run(
            index=run.streams.run,
            seed=run.streams.seed,
            epochs=outcome.epochs,
            scores=outcome.scores,
            seconds=self._watch.seconds,
            provenance=provenance,
            arrays={name: array.info for name, array in outcome.arrays.items()},
        )


def _of_stage(epoch: Epoch, stage: Stage, stages: Sequence[Stage]) -> Epoch:
    """Returns an epoch with the name of its stage, where a run has several."""
    return replace(epoch, stage=stage.name) if len(stages) > 1 else epoch
