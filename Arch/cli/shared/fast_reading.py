"""Fast reading for the verbs that read ten thousand experiments."""

from __future__ import annotations

import gc


def read_fast() -> None:
    """Switches to the faster JSON parser and turns the garbage collector off.

    Only for a process that reads and exits: the collector would walk over all records again and again, and they hold
    no cycles.
    """
    import orjson  # noqa: F401 - `quick_object` uses it once it is imported

    gc.disable()
