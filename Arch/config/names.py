"""Names of keys: the mapping from JSON keys (PascalCase) to Python fields (snake_case), and keys with a meaning."""

from __future__ import annotations

import functools
import re

PLUGINS = "Plugins"  # the option that names plugin files
TRAINER = "Trainer"  # the key that names the kind of study
LIBRARIES = ("torchvision/", "timm/")  # how names of networks begin that the rules do not list
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@functools.cache
def field_name(key: str) -> str:
    """Returns a key in snake_case: `CELossWeight` -> `ce_loss_weight`, `UseCustomReLU` -> `use_custom_relu`."""
    return _WORD_BREAK.sub("_", key.replace("ReLU", "Relu")).lower()
