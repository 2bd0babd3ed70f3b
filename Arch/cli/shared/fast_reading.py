"""What the verbs share that look at ten thousand experiments."""

from __future__ import annotations

import gc


def look_quickly() -> None:
    """Reads JSON faster, and leaves the cyclic garbage where it is, over which a collector would walk again and again.

    Only for a program that looks and ends; what it reads holds no cycles worth collecting.
    """
    import orjson  # noqa: F401 - what it reads from now on, `quick_object` reads with it

    gc.disable()
