"""Parses JSON with `orjson` wherever the result is the same as that of Python's own parser."""

from __future__ import annotations

import sys
from typing import Any

# Maps all digits to 0 and every byte that may precede a number to a blank.
_ALIKE = bytes.maketrans(b"123456789:,[-\t\n\r", b"000000000       ")
_LONG_NUMBER = b" " + b"0" * 19


def quick_object(content: bytes) -> dict[str, Any] | None:
    """Parses the JSON object in a text; returns None if Python's own parser has to be used, also for its errors.

    `orjson` is used only in a program that has imported it in order to read many files: for the few files of one cached
    answer the import costs more than it saves.
    """
    orjson = sys.modules.get("orjson")
    # orjson parses whole numbers above 64 bits as floats; these have at least 19 digits.
    if orjson is None or _LONG_NUMBER in content.translate(_ALIKE):
        return None
    try:
        document = orjson.loads(content)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
