"""Calls a function whose failure is only logged: it must hide neither the error of a run nor a committed run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from Arch.errors import CacheError, DiskError


def best_effort(function: Callable[..., Any], *arguments: Any) -> None:
    """Calls a `function` whose work can be repeated or derived later; an error of cache or disk is logged."""
    try:
        function(*arguments)
    except (CacheError, DiskError) as problem:
        import logging  # a cached answer must not pay for it

        logging.getLogger(__name__).warning("%s", problem)
