"""Every run as a row: CSV and JSON by the standard library alone, data frames and parquet by pandas."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from Arch import files
from Arch.cache.entry import Entry
from Arch.errors import ArchError, CacheError, ConfigError, DiskError
from Arch.escaping import printable
from Arch.planning.absent import absent, asked_for
from Arch.planning.selection import selected_entries
from Arch.planning.workspace import Workspace
from Arch.report.absent_words import absent_text
from Arch.types import COMPARED, Epoch

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]

FORMATS = (".csv", ".json", ".parquet")
ORIGIN = (*COMPARED, "commit", "is_edited", "host", "made_from", "accepted_unlike")
_OWN = ("fingerprint", "run", "epoch", "title", "seconds", *ORIGIN)  # a score of such a name is prefixed with `score_`
# text that a reader such as pandas takes for a missing value, a truth value or a number, unless it is quoted
_ABSENT = "#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null"
_WORDS = "True|TRUE|true|False|FALSE|false|inf|Inf|INF|Infinity|infinity"
_MISREAD = frozenset(("", *_ABSENT.split("|"), *_WORDS.split("|")))


def rows(entries: Iterable[Entry], unreadable: list[ArchError], *, with_epochs: bool = False) -> Iterator[Row]:
    """Yields a row for each finished run, or for each epoch of each.

    Args:
        entries: cached experiments.
        unreadable: receives the errors of experiments that cannot be read.
        with_epochs: whether to give a row for each epoch.

    Returns:
        Rows of `fingerprint`, `run`, `title`, the active keys, the scores, `seconds` and the provenance. A
        reference is its title, and its fingerprint under `KEY.fingerprint`. A value that a run lacks is not in its row.
    """
    for entry in entries:
        try:
            yield from list(_of_epochs(entry) if with_epochs else _of_runs(entry))
        except (CacheError, DiskError) as problem:
            unreadable.append(problem)


def columns(table: Sequence[Mapping[str, Any]]) -> list[str]:
    """Returns the names in all rows, in the order of the columns: identity, active keys, scores, provenance."""
    shapes = {tuple(row): None for row in table}  # nearly all rows have the same names in the same order
    names = dict.fromkeys(name for shape in shapes for name in shape)
    leading = [name for name in ("fingerprint", "run", "epoch", "title") if name in names]
    keys = [name for name in names if name[:1].isupper()]
    others = [name for name in names if name not in (*leading, *keys, "seconds", *ORIGIN)]
    return [*leading, *keys, *others, *(name for name in ("seconds", *ORIGIN) if name in names)]


def csv_text(table: Sequence[Mapping[str, Any]]) -> str:
    """Returns the rows as CSV: an empty cell for a missing value, JSON for lists and for text that would be misread."""
    import csv  # only an export needs it
    import io

    names = columns(table)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(printable, names))  # a name comes from a record, and no data are lost if it is escaped
    writer.writerows([_cell(row.get(name)) for name in names] for row in table)
    return text.getvalue()


def data_frame(table: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Returns the rows as a DataFrame; lists are JSON text, so that every column has values of one kind."""
    import pandas as pd  # a third of a second that CSV and JSON need not spend

    names = columns(table)
    return pd.DataFrame({name: [_plain(row.get(name)) for row in table] for name in names}, columns=names)


def check_format(path: Path) -> None:
    """Checks that a file of this name can be written, before ten thousand runs are read.

    Raises:
        ConfigError: its suffix is none of `FORMATS`, or the package that writes it is not installed.
    """
    if path.suffix not in FORMATS:
        raise ConfigError(f"--to {path}: expected a name that ends in {', '.join(FORMATS)}.")
    if path.suffix == ".parquet":
        import importlib.util

        if importlib.util.find_spec("pyarrow") is None:
            raise ConfigError(
                f"--to {path}: parquet needs pyarrow, which is not installed. "
                "Install it with `pip install -e '.[parquet]'`, or export .csv or .json."
            )


def write(path: Path, table: Sequence[Mapping[str, Any]]) -> None:
    """Writes the rows into a file, atomically, in the format of its suffix.

    Raises:
        ConfigError: as `check_format`; DiskError: the file cannot be written.
    """
    check_format(path)
    if path.suffix == ".csv":
        files.write_atomically(path, csv_text(table))
    elif path.suffix == ".json":
        files.write_atomically(path, json_text(table))
    else:
        files.write_atomically(path, _parquet(path, table))


def _parquet(path: Path, table: Sequence[Mapping[str, Any]]) -> bytes:
    try:
        content: bytes = data_frame(table).to_parquet(index=False)
    except (TypeError, ValueError, OverflowError) as error:  # the errors of pyarrow derive from these
        line = str(error).partition("\n")[0]
        raise ConfigError(
            f"--to {path}: parquet cannot express these values ({line}). Select fewer experiments, or export .csv or "
            ".json."
        ) from error
    return content


def json_text(table: Sequence[Mapping[str, Any]]) -> str:
    """Returns the rows as a JSON list of objects."""
    return json.dumps(list(table), indent=1, ensure_ascii=False) + "\n"


def frame(*what: str, cache: Path | str | None = None, epochs: bool = False) -> pd.DataFrame:
    """Returns a cache as a DataFrame with a row for each run, or for each epoch of each run.

    Args:
        what: words that select as on the command line: config files, folders, fingerprint prefixes, `Key=Value`;
            all runs without any.
        cache: the cache folder; `KDTrainer/` by default.
        epochs: whether to give a row for each epoch.

    An experiment that is asked for and has no row is logged as a warning.

    Raises:
        ArchError: a word is invalid, or an experiment cannot be read.
    """
    unreadable: list[ArchError] = []
    workspace = Workspace.at(cache)
    table = list(rows(selected_entries(workspace, what), unreadable, with_epochs=epochs))
    if unreadable:
        raise unreadable[0]
    _warn_of_absent(workspace, what, table)
    return data_frame(table)


def _warn_of_absent(workspace: Workspace, what: Sequence[str], table: Sequence[Row]) -> None:
    """Logs a warning of the experiments that were asked for and have no row, if there are some."""
    shown = {row["fingerprint"] for row in table}
    asked = asked_for(workspace, what)
    if lacking := absent(workspace, what, shown, asked):
        total = len(asked) or len(shown) + len(lacking)
        logging.getLogger(__name__).warning(absent_text(lacking, total, "it has no such rows"))


def _of_runs(entry: Entry) -> Iterator[Row]:
    experiment, result = _config_part(entry), entry.result()
    for index, scores in result.scores.items():
        yield _row(entry, index, experiment, _result_part(scores, result.seconds[index], result.provenance[index]))


def _of_epochs(entry: Entry) -> Iterator[Row]:
    experiment = _config_part(entry)
    for run in entry.runs():
        result = _result_part(run.scores, run.seconds, run.provenance)
        for epoch in run.epochs:
            row = _row(entry, run.index, experiment, {**_epoch(epoch), **result})
            yield {**row, "epoch": epoch.number}


def _row(entry: Entry, index: int, experiment: Row, result: Row) -> Row:
    return {"fingerprint": entry.fingerprint, "run": index, **experiment, **result}


def _config_part(entry: Entry) -> Row:
    document = entry.document()
    row: Row = {"title": document.get("Title", ""), **document["Active"]}
    for key, other in document["References"].items():
        if key in row and isinstance(other, Mapping):
            row[f"{key}.fingerprint"] = row[key]
            row[key] = other.get("Title", row[key])
    return row


def _result_part(scores: Mapping[str, float], seconds: float, origin: Mapping[str, Any]) -> Row:
    named = {f"score_{name}" if name in _OWN else name: value for name, value in scores.items()}
    return {**named, "seconds": seconds, **{key: origin[key] for key in ORIGIN if key in origin}}


def _epoch(epoch: Epoch) -> Row:
    parts = {"train": epoch.train, "test": epoch.test, "validation": epoch.validation}
    numbers = {f"{part}/{name}": value for part, each in parts.items() for name, value in each.items()}
    return {"learning_rate": epoch.learning_rate, "epoch_seconds": epoch.seconds, **numbers}


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def _cell(value: Any) -> Any:
    if value.__class__ is str:
        return json.dumps(value, ensure_ascii=False) if _is_misread(value) else value
    return _plain(value)


def _is_misread(text: str) -> bool:
    if text in _MISREAD or text[0] in '"[{' or text[0].isspace() or text[-1].isspace():
        return True
    if text[0] not in "+-.0123456789":
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True
