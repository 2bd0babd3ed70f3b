"""Calls a display until it fails: an error of a display must end neither a run nor a sweep."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from Arch.errors import ArchError

W = TypeVar("W")


class Guard(Generic[W]):
    """Holds a watcher; after its first error, which is logged, a silent watcher takes its place.

    ArchError is raised again, since a watcher may end a run on purpose, and so are KeyboardInterrupt and SystemExit,
    except the SystemExit by which a display (rich) answers a closed pipe.

    Attributes:
        watcher: the one to call.
    """

    def __init__(self, watcher: W, silent: W, what: str) -> None:
        """Takes the watcher to guard.

        Args:
            watcher: the watcher.
            silent: its replacement after an error.
            what: what continues then, for the log: `run` or `sweep`.
        """
        self.watcher, self._silent, self._what = watcher, silent, what

    @contextmanager
    def call(self) -> Iterator[W]:
        """Returns a context with the watcher for one call; an error in it is logged, and the watcher is replaced."""
        try:
            yield self.watcher
        except ArchError:
            raise
        except (Exception, SystemExit) as error:  # a watcher is code of the caller
            if isinstance(error, SystemExit) and not isinstance(error.__context__, OSError):
                raise
            logging.getLogger(__name__).warning(
                "the progress display %s failed (%s: %s) and is not called again; the %s continues.",
                type(self.watcher).__name__,
                type(error).__name__,
                error,
                self._what,
            )
            self.watcher = self._silent
