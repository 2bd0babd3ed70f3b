"""Counter-based random numbers: pure functions of a counter and a purpose, without a generator or state."""

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
    """Returns an integer uniform in [0, 2^32) for each counter, the same on every device.

    Applies two rounds of a 32-bit mixing function, each after an XOR with 32 bits of key. The key is the hash of
    `purpose`, so that the streams of different purposes, seeds and epochs are independent.

    Args:
        counters: int64 of any shape, in [0, 2^32).
        purpose: names the stream of random numbers.

    Returns:
        int64 of the same shape, without a synchronisation with the device.
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
    """Returns an integer uniform in [0, `limit`) for each counter; the relative bias is at most `limit` / 2^32."""
    return (hash32(counters, *purpose) * limit) >> BITS


def shuffled(indices: Tensor, *purpose: str | int) -> Tensor:
    """Sorts `indices` `(N,)` by their hashes, so that the order of two indices does not depend on the others."""
    return indices[torch.argsort(hash32(indices, *purpose), stable=True)]
