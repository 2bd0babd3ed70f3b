"""Random numbers as a function of where they are used: no generator, no state, no order of calls."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor

BITS = 32

# The multipliers of Wellons' "lowbias32" (hash-prospector, 2018); the second is written modulo 2^32 as a negative
# number so that no 64-bit product overflows.
_FIRST, _SECOND = 0x7FEB352D, 0x846CA68B - (1 << BITS)
_MASK = (1 << BITS) - 1


def hash32(counters: Tensor, *purpose: str | int) -> Tensor:
    """Integers uniform in [0, 2^32), one for each counter, the same on every device.

    Two rounds of a 32-bit mixing function with 32 bits of key in front of each. The key is made of `purpose`, so
    that streams for different purposes, seeds and epochs have nothing in common.

    Args:
        counters: int64 of any shape, in [0, 2^32).
        purpose: what the numbers are for.

    Returns:
        int64 of the same shape; nothing is read back from the device.
    """
    first, second = _keys(purpose)
    return _mix(_mix(counters ^ first) ^ second)


def _keys(purpose: tuple[str | int, ...]) -> tuple[int, int]:
    key = hashlib.blake2b("/".join(map(str, purpose)).encode(), digest_size=8).digest()
    return int.from_bytes(key[:4], "little"), int.from_bytes(key[4:], "little")


def _mix(x: Tensor) -> Tensor:
    x = ((x ^ (x >> 16)) * _FIRST) & _MASK
    x = ((x ^ (x >> 15)) * _SECOND) & _MASK
    return x ^ (x >> 16)


def uniform_below(limit: int, counters: Tensor, *purpose: str | int) -> Tensor:
    """Integers uniform in [0, `limit`), one for each counter; no value is more likely by over `limit` / 2^32."""
    return (hash32(counters, *purpose) * limit) >> BITS


def shuffled(indices: Tensor, *purpose: str | int) -> Tensor:
    """The `indices` `(N,)` in the order of their hashes: each keeps its place whatever the others are."""
    return indices[torch.argsort(hash32(indices, *purpose), stable=True)]
