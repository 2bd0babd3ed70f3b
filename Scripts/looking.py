"""What the verbs share that look at ten thousand experiments."""

from __future__ import annotations

import gc


def look_quickly() -> None:
    """Leaves the cyclic garbage where it is: a collector would walk over all that was read, again and again.

    Only for a program that looks and ends; what it reads holds no cycles worth collecting.
    """
    gc.disable()
