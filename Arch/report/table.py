"""Results as a table of plain text, and as JSON objects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from Arch.escaping import printable
from Arch.report.columns import aligned
from Arch.types import COMPARED, VERSION, Result, Statistic
from Arch.units import is_share

FIRST = ("accuracy", "best_accuracy", "agreement", "teacher_accuracy", "kl_to_teacher", "nll", "ece")
NOTHING = "-"
UNLIKE = "*"
_NOISE = 1e-9  # percentage points: a smaller spread is the rounding error of equal numbers


def table(results: Sequence[Result], labels: Sequence[str], scores: Sequence[str] = ()) -> str:
    """Returns one line per experiment: its label, mean ± standard deviation of each score, seconds per run.

    Accuracies and agreements are in percent, the standard deviation is that of a sample (n - 1), n is shown in the
    first column that an experiment has, and for scores with another n. Statistics over runs that are
    `Result.unlike` are marked and explained below the table. Controls in labels are escaped, so that each
    experiment has one line.

    Args:
        results: the experiments, in the order of the rows.
        labels: their labels, in the same order.
        scores: the columns; by default every score that some run has.

    Returns:
        Lines, without a newline at the end.
    """
    columns = tuple(scores) or _columns(results)
    labels = list(map(printable, labels))
    head = ["experiment", *(printable(name.replace("_", " ")) for name in columns), "seconds/run"]
    rows = [[label, *_cells(result, columns), _seconds(result)] for label, result in zip(labels, results, strict=True)]
    rule = ["-" * max(map(len, cells)) for cells in zip(head, *rows, strict=True)]
    lines = aligned([head, rule, *rows], "<" + ">" * (len(head) - 1))
    return "\n".join([*lines, *_footnotes(results, labels)])


def json_rows(results: Sequence[Result], labels: Sequence[str]) -> list[dict[str, Any]]:
    """Returns the experiments as JSON objects: every run's scores with their mean and standard deviation.

    Accuracies are fractions, times are seconds; a number that is not finite becomes null, since JSON has no other.
    """
    return [_json_row(result, label) for label, result in zip(labels, results, strict=True)]


def percent(statistic: Statistic) -> str:
    """Returns `97.2 ± 0.3` for a statistic in percent; with two decimals where one would show a deviation of 0."""
    is_narrow = statistic.std is not None and _NOISE < statistic.std < 0.05
    return _spread(statistic, ".2f" if is_narrow else ".1f")


def _columns(results: Sequence[Result]) -> tuple[str, ...]:
    found = dict.fromkeys(name for result in results for run in result.scores.values() for name in run)
    return (*(name for name in FIRST if name in found), *(name for name in found if name not in FIRST))


def _cells(result: Result, columns: Sequence[str]) -> list[str]:
    """Returns a row's scores; the first score that the experiment has is followed by n."""
    first = next((name for name in columns if result.statistic(name)), "")
    return [_cell(result, name, with_n=name == first) for name in columns]


def _cell(result: Result, name: str, *, with_n: bool) -> str:
    statistic = result.statistic(name)
    if statistic is None:
        return NOTHING
    text = f"{percent(statistic.times(100))} %" if is_share(name) else _spread(statistic, _precision(statistic.mean))
    n = f" (n={statistic.n})" if with_n or statistic.n != result.n else ""
    return text + n + (UNLIKE if statistic.n > 1 and result.unlike else "")


def _precision(mean: float) -> str:
    if abs(mean) >= 100:
        return ".1f"
    return ".3f" if mean == 0 or abs(mean) >= 0.01 else ".2g"


def _spread(statistic: Statistic, precision: str) -> str:
    mean = format(statistic.mean, precision)
    return mean if statistic.std is None else f"{mean} ± {format(statistic.std, precision)}"


def _seconds(result: Result) -> str:
    return f"{Statistic.of([*result.seconds.values()]).mean:.1f}" if result.seconds else NOTHING


def _footnotes(results: Sequence[Result], labels: Sequence[str]) -> list[str]:
    marked = [pair for pair in zip(labels, results, strict=True) if pair[1].n > 1 and pair[1].unlike]
    notes = [
        f"  {label}: " + "; ".join(f"{key} {', '.join(map(str, values))}" for key, values in result.unlike.items())
        for label, result in marked
    ]
    if not notes:
        return []
    others = {key.endswith(VERSION) for _, result in marked for key in result.unlike if key not in COMPARED}
    words = {False: "from other networks", True: "by other versions of a component"}
    made = " and ".join(words[are_versions] for are_versions in sorted(others))
    meaning = f"some of them made {made}" if made else "which agree only up to rounding"
    return list(map(printable, (f"{UNLIKE} over unlike runs, {meaning}:", *notes)))


def _json_row(result: Result, label: str) -> dict[str, Any]:
    return {
        "Label": label,
        "Fingerprint": result.fingerprint,
        "Path": str(result.path),
        "Active": dict(result.active),
        "Runs": sorted(result.scores),
        "Scores": {name: _json_score(result, name) for name in _columns([result])},
        "Seconds": {str(index): seconds for index, seconds in sorted(result.seconds.items())},
        "Unlike": {key: list(values) for key, values in result.unlike.items()},
    }


def _json_score(result: Result, name: str) -> dict[str, Any]:
    values = {index: scores[name] for index, scores in sorted(result.scores.items()) if name in scores}
    statistic = Statistic.of([*values.values()])
    return {
        "Mean": _finite(statistic.mean),
        "Std": _finite(statistic.std),
        "N": statistic.n,
        "Values": {str(index): _finite(value) for index, value in values.items()},
    }


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
