"""The one mapping between JSON keys (PascalCase, data that people share) and Python fields (snake_case)."""

from __future__ import annotations

import functools
import re

PLUGINS = "Plugins"  # the option that names the user's own files
TRAINER = "Trainer"  # the key that names the kind of study
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@functools.cache
def field_name(key: str) -> str:
    """The snake_case image of a key: `CELossWeight` -> `ce_loss_weight`, `UseCustomReLU` -> `use_custom_relu`."""
    return _WORD_BREAK.sub("_", key.replace("ReLU", "Relu")).lower()
