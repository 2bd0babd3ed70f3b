"""Results as text: labels of experiments, tables for the terminal, rows for `--json`."""

from __future__ import annotations

from Arch.report.labels import distinguishing, labels
from Arch.report.table import json_rows, percent, table

__all__ = ["distinguishing", "json_rows", "labels", "percent", "table"]
