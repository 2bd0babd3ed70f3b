"""The start of a run: its first log lines, and its state before the first step or of its latest checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Callable

from Arch.cache.making.lease import Lease
from Arch.training.run.checkpoint import InvalidCheckpointError
from Arch.training.run.prepared import PreparedRun
from Arch.training.run.provenance import host, session
from Arch.training.run.run_log import RunLog
from Arch.training.run.stage import Stage
from Arch.training.run.state import RunState
from Arch.training.study import Study
from Arch.units import utc_now


def start_message(study: Study, lease: Lease) -> str:
    """Returns the first log line of a run: title, fingerprint, attempt, host, device."""
    described, config = study.engine.describe(), study.config
    return (
        f"{config.title} ({config.fingerprint}), run {lease.index}, attempt {lease.generation}, on {host()}, "
        f"{described['device']}, {described['threads']} threads"
    )


def resumed(prepare: Callable[[], PreparedRun], lease: Lease, log: RunLog) -> tuple[PreparedRun, RunState]:
    """Prepares the run and its state: of its latest checkpoint, or before the first step."""
    begin = utc_now()
    run, state = prepare(), None
    checkpoints = lease.entry.work(lease.index).checkpoints
    latest = checkpoints.newest()
    if latest is not None:
        try:
            state = run.resume(latest.payload)
        except InvalidCheckpointError as problem:
            logging.getLogger(__name__).warning(
                "the checkpoint of run %d in %s does not fit (%s); the run starts from the first step.",
                lease.index,
                lease.entry.path,
                problem,
            )
            checkpoints.discard()  # else its step would exceed that of new checkpoints, which would be ignored
            run = prepare()
    state = state or RunState(begin=begin)
    if not state.begin:  # the checkpoint of a version that did not record it
        state.begin = lease.entry.work(lease.index).claims()[0].since
    differences = state.begin_session(session(run.study.engine), run.steps_done)
    _log_start(run, state, log)
    if differences:
        log.write(f"warning: earlier steps were computed with different {', '.join(differences)}")
    return run, state


def _log_start(run: PreparedRun, state: RunState, log: RunLog) -> None:
    stage = run.stages[state.stage]
    if run.steps_done:
        log.write(f"resumes: {stage_prefix(run, stage)}{stage.reached().text}")
        return
    log.write(f"begins: {', then '.join(f'{stage_prefix(run, each)}{each.plan}' for each in run.stages)}")
    for each in run.stages:
        for note in each.notes:
            log.write(note)


def stage_prefix(run: PreparedRun, stage: Stage) -> str:
    """Returns the name of a stage for the log, with a colon; empty if the run has only one."""
    return f"{stage.name}: " if len(run.stages) > 1 else ""
