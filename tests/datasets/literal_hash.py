"""The counter-based hash in plain Python integers."""

import hashlib


def lowbias32(x):
    x ^= x >> 16
    x = x * 0x7FEB352D % 2**32
    x ^= x >> 15
    x = x * 0x846CA68B % 2**32
    return x ^ x >> 16


def literal_hash(counter, purpose):
    key = hashlib.blake2b(purpose.encode(), digest_size=8).digest()
    first, second = int.from_bytes(key[:4], "little"), int.from_bytes(key[4:], "little")
    return lowbias32(lowbias32(counter ^ first) ^ second)
