"""The state of experiments as text: a line of counts, a table of those that are not done, and all details."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from Arch.cache.attempts.attempt import Attempt, State
from Arch.cache.attempts.progress import Progress
from Arch.config.names import field_name
from Arch.errors import CacheError, DiskError, why
from Arch.escaping import printable
from Arch.planning.overview import Overview
from Arch.report.refusals import ways_out
from Arch.types import headline_of
from Arch.units import age_text, constants_text, score_text, seconds_at

MOST = 200  # lines for one state; `--json` has all
MOST_MISSING = 20
LOG_LINES = 20
_LONGEST = 160  # characters of a message in one line
_ORDER = tuple(State)


def counts(found: Sequence[Overview]) -> str:
    """Returns the counts: `126 experiments: done 120, stale 1, running 2, failed 3`.

    Those that are only needed by others are counted once more by themselves: a failed teacher is no failed student.
    """
    needed = [each for each in found if each.is_needed]
    only = f" ({len(needed)} of them only needed by others: {_states(needed)})" if needed else ""
    return f"{len(found)} experiment{'s'[: len(found) != 1]}: {_states(found)}{only}" if found else "no experiments"


def _states(found: Sequence[Overview]) -> str:
    numbers = Counter(each.status.state for each in found)
    return ", ".join(f"{state} {numbers[state]}" for state in _ORDER if numbers[state])


def table(found: Sequence[Overview], now: float) -> list[str]:
    """Returns a line for each remark on each experiment that is not done, the most urgent states first.

    Experiments that are done, but over runs that were made from unlike networks, come last.

    Args:
        found: the experiments with their states.
        now: the present time, in seconds since 1970.
    """
    lines: list[str] = []
    for state in (*_URGENT, *(state for state in _ORDER if state not in (*_URGENT, State.DONE)), State.DONE):
        group = [
            each for each in found if each.status.state is state and (state is not State.DONE or each.status.unlike)
        ]
        most = MOST_MISSING if state is State.MISSING else MOST
        for each in group[:most]:
            lines += map(printable, _lines(each, now))
        if len(group) > most:
            lines.append(f"... and {len(group) - most} more that are {state} (--json lists all)")
    return lines + ways_out(each.status.problem for each in found)


def details(overview: Overview, now: float) -> list[str]:
    """Returns all details of one experiment, with tracebacks and the end of its log."""
    status, entry = overview.status, overview.entry
    lines = [f"{status.state}  {overview.title}", f"  fingerprint  {entry.fingerprint}", f"  folder       {entry.path}"]
    lines += [f"  requested by {label}" for label in overview.labels]
    runs = ", ".join(map(str, status.runs)) or "none"
    lines.append(f"  runs         {runs} ({status.done} of {status.wanted} wanted)")
    lines += [f"  {remark}" for remark in [*_general(overview), *ways_out([status.problem])]]
    lines += [f"  {line}" for line in _made_from(overview)]
    for attempt in status.attempts:
        lines += ["", *_of_attempt(overview, attempt, now)]
    return list(map(printable, lines))


def json_row(overview: Overview) -> dict[str, Any]:
    """Returns the same details as a JSON object."""
    status = overview.status
    return {
        "fingerprint": overview.entry.fingerprint,
        "title": overview.title,
        "path": str(overview.entry.path),
        "asked_by": list(overview.labels),
        "state": status.state.value,
        "runs": list(status.runs),
        "wanted": status.wanted,
        "outdated": dict(status.outdated),
        "unlike": list(status.unlike),
        "problem": str(status.problem or ""),
        "attempts": [_json_attempt(overview, attempt) for attempt in status.attempts],
    }


_URGENT = (State.RUNNING, State.FAILED, State.CRASHED, State.CORRUPT, State.CHANGED, State.STALE, State.STOPPED)


def _lines(overview: Overview, now: float) -> Iterator[str]:
    status = overview.status
    remarks = [*_general(overview), *(_remark(overview, attempt, now) for attempt in status.attempts)]
    where = "  (needed by others)" if overview.is_needed else f"  {overview.labels[0]}" if overview.labels else ""
    head = f"{status.state:<8}  {overview.entry.fingerprint[:8]}  {overview.title}{where}"
    if len(remarks) < 2:
        yield f"{head}  {remarks[0]}" if remarks else head
    else:
        yield head
        yield from (f"{'':<8}  {'':<8}  {remark}" for remark in remarks)


def _general(overview: Overview) -> Iterator[str]:
    status = overview.status
    if status.outdated:
        parts = ", ".join(f"{key} (version {then} then)" for key, then in status.outdated.items())
        yield f"made before a change of {parts}; still valid"
    if status.unlike:
        yield f"its runs differ in {', '.join(status.unlike)} (accepted with --accept-unlike)"
    if status.problem is not None:
        yield " ".join(why(status.problem).split())  # in full, since it ends with the remedy
    if 0 < status.done < status.wanted:
        yield f"{status.done} of {status.wanted} runs"


def _made_from(overview: Overview) -> Iterator[str]:
    """Yields the networks that each finished run was made from, with the beginning of the SHA-256 of their weights."""
    for index in overview.status.runs if overview.status.problem is None else ():
        try:
            origin = overview.entry.run(index).provenance
        except (CacheError, DiskError) as problem:  # it must not hide the other runs and experiments
            yield f"run {index:<8} {_short(str(problem))}"
            continue
        networks = origin.get("made_from")
        for key, each in networks.items() if isinstance(networks, dict) else ():
            digest = each.get("digest") if isinstance(each, dict) else None
            record = origin.get(f"{field_name(key)}_normalization")
            constants = constants_text(record.get("constants")) if isinstance(record, dict) else "not recorded"
            seen = f", normalisation {constants}" if constants else ""
            yield f"run {index:<8} {key} weights {str(digest or 'not recorded')[:12]}{seen}"


def _remark(overview: Overview, attempt: Attempt, now: float) -> str:
    progress = overview.entry.work(attempt.run).progress()
    words = [f"run {attempt.run}:"]
    match attempt.state:
        case State.RUNNING:
            words.append(_running(attempt, progress, now))
        case State.FAILED | State.CRASHED:
            words.append(_failed(attempt, progress))
        case _:
            words.append(" at ".join(filter(None, (attempt.state, _place(progress)))))
    return " ".join(words)


def _running(attempt: Attempt, progress: Progress | None, now: float) -> str:
    claim = attempt.claim
    parts = [str(claim.holder), claim.device, f"attempt {claim.generation}" * (claim.generation > 1)] if claim else []
    if progress is not None:
        name = headline_of(progress.scores)
        parts += [_place(progress), score_text(name, progress.scores[name]) if name else ""]
    if claim and claim.since:
        parts.append(f"for {age_text(now - seconds_at(claim.since))}")
    if progress is not None and progress.seconds_left is not None:
        parts.append(f"{age_text(progress.seconds_left)} left")
    return ", ".join(filter(None, parts))


def _failed(attempt: Attempt, progress: Progress | None) -> str:
    failure, claim = attempt.failure, attempt.claim
    parts = []
    if failure is not None:
        kind = "" if failure.kind in ("error", "crash") else f"{failure.kind}: "
        parts.append(_short(f"{kind}{failure}".removesuffix(".")))
    elif claim is not None:
        parts.append(f"{claim.holder} ended without reporting" if claim.holder.host else "its claim cannot be read")
    parts.append(f"{attempt.number} attempt{'s'[: attempt.number != 1]}" if attempt.number else "")
    parts.append(f"{attempt.crashes} crashes in a row" if attempt.crashes > 1 else "")
    host, place = failure.host if failure else "", _place(progress)
    return ", ".join(filter(None, (*parts, f"on {host}" if host else "", f"at {place}" if place else "")))


def _place(progress: Progress | None) -> str:
    if progress is None:
        return ""
    return f"epoch {progress.epoch}/{progress.epochs}" if progress.epochs else f"step {progress.step}/{progress.steps}"


def _of_attempt(overview: Overview, attempt: Attempt, now: float) -> Iterator[str]:
    yield f"  {_remark(overview, attempt, now)}"
    claim, failure = attempt.claim, attempt.failure
    facts: dict[str, Any] = {}
    if claim is not None:
        facts |= {"attempt": claim.generation, "started": claim.since, "host": claim.holder.host}
        facts |= {"process": claim.holder.pid, "device": claim.device, "from step": claim.step}
    if failure is not None:
        facts |= {"kind": failure.kind, "failed": failure.time, "exit code": failure.exit_code}
        facts |= {"signal": failure.signal, "host": failure.host, "device": failure.device}
    yield from (f"    {name:<9}  {value}" for name, value in facts.items() if value not in (None, ""))
    if failure is not None:
        yield from _block("message", failure.message)
        yield from _block("traceback", failure.traceback)
    yield from _block("log", failure.log if failure is not None and failure.log else _log_tail(overview, attempt))


def _log_tail(overview: Overview, attempt: Attempt) -> str:
    try:
        return overview.entry.work(attempt.run).log_tail(LOG_LINES)
    except DiskError as problem:  # it must not hide the other experiments
        return str(problem)


def _block(name: str, text: str) -> Iterator[str]:
    if text.strip():
        yield f"    {name}:"
        yield from (f"      {line}" for line in text.rstrip().splitlines())


def _json_attempt(overview: Overview, attempt: Attempt) -> dict[str, Any]:
    claim, progress = attempt.claim, overview.entry.work(attempt.run).progress()
    return {
        "run": attempt.run,
        "state": attempt.state.value,
        "attempt": attempt.number,
        "crashes": attempt.crashes,
        "host": claim.holder.host if claim else "",
        "pid": claim.holder.pid if claim else None,
        "device": claim.device if claim else "",
        "since": claim.since if claim else "",
        "progress": None if progress is None else _json_progress(progress),
        "failure": None if attempt.failure is None else dict(vars(attempt.failure)),
    }


def _json_progress(progress: Progress) -> dict[str, Any]:
    row = {**vars(progress), "scores": dict(progress.scores)}
    if progress.left is None:  # not recorded, as by earlier versions
        del row["left"]
    return row


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
