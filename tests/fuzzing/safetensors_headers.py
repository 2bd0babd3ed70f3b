"""Writes safetensors files whose header lies: 8 bytes of its length, a JSON object, the numbers."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzzing.odd_values import NUMBERS, nested

_SIZES = (0, 1, 7, 1 << 20, 1 << 27, 1 << 40, (1 << 63) - 1, (1 << 64) - 1)
_SHAPES = (
    "[1e999]",
    "[-1, 4]",
    "[0, 0]",
    "[1099511627776]",
    "[4294967296, 4294967296]",
    "[2.5]",
    "null",
    '"4"',
    "[[4]]",
    "[]",
)
_OFFSETS = (
    "[0, 0]",
    "[4, 0]",
    "[0, 1099511627776]",
    "[-8, 8]",
    "[0]",
    "null",
    "[1e3, 2e3]",
    "[18446744073709551615, 8]",
)
_KINDS = ('"F16"', '"F64"', '"BOOL"', '"F8_E4M3"', '"C64"', '"X"', "7", '"f32"', '"\\u001b[31m"')


def lie(rng: Random, path: Path) -> str:
    """Changes the header of a safetensors file and says how."""
    content = path.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header, rest = json.loads(content[8 : 8 + size]), content[8 + size :]
    if rng.random() < 0.2:
        claimed = rng.choice((*_SIZES, size - 1, size + 1))
        path.write_bytes(struct.pack("<Q", claimed) + content[8:])
        return f"the header claims {claimed} bytes"
    name = rng.choice([each for each in header if each != "__metadata__"])
    field, values = rng.choice((("shape", _SHAPES), ("data_offsets", _OFFSETS), ("dtype", _KINDS), ("more", NUMBERS)))
    value = rng.choice((*values, nested(rng)) if rng.random() < 0.9 else NUMBERS)
    words = f"{field} of {name} is {value[:40]}"
    if rng.random() < 0.2:
        name, words = _renamed(rng, header, name), "a tensor has another name"
    text = _text(header, name, field, value) if "another" not in words else json.dumps(header)
    path.write_bytes(struct.pack("<Q", len(text.encode())) + text.encode() + rest)
    return words


def _renamed(rng: Random, header: dict[str, Any], name: str) -> str:
    new = rng.choice(("\x1b[31m", "\u202e", "", "a" * 100_000, f"module.{name}", f"{name}\n", "__metadata__", "../x"))
    header[new] = header.pop(name)
    return new


def _text(header: dict[str, Any], name: str, field: str, value: str) -> str:
    header[name] = {**header[name], field: "@@ODD@@"}
    return json.dumps(header).replace('"@@ODD@@"', value)
