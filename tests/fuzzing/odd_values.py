"""Values that are not expected in a JSON file, as text, so that also what JSON does not know can be written."""

from __future__ import annotations

import json
from random import Random

from tests.fuzzing.sandbox import Sandbox

NUMBERS = (
    "0", "-1", "1", "2", "0.1", "-0.0", "1e-320", "1e308", "1e999", "-1e999", "NaN", "Infinity", "-Infinity",
    "2147483648", "9223372036854775808", "-9223372036854775809", "1000000000000000000", "1" + "0" * 400, "1e5",
    "1E+400", "1" + "0" * 5000, "01", "0x10", "+1", "1_000",
)  # fmt: skip
TEXTS = (
    "", " ", "\t", "\n", "a\nb\r\nc", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x9b2J", "\u202ekcab", "\u2066x",
    "\x00", "\x7f\x08", "\ud800", "\udcff", "\u2028", "\ufeff", "$x$ $y$", "$\\frac{$", "a" * 300, "a" * 100_000,
    "~nosuch/x", "~", "/", ".", "..", "../..", "{split}", "{}", "%s%n", "-1", "1e999", "nan", "None", "é\u0301",
    "\U0001f600", "/dev/zero", "/dev/stdin", "CON", "a/b", "a\\b", "*", "[", "--apply", "-c", "=", "Seed=1",
    "KDTrainer", "0" * 32, "f" * 32, "F" * 32, "\u0663", "\uff11\uff12", "Last", "configs", "configs/pipe", "@",
    "MLP@", "MLP@/dev/zero", "torchvision/", "timm/../x@y",
)  # fmt: skip
_OTHERS = (
    "null",
    "true",
    "false",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    '{"": {}}',
    "[1e999]",
    '[{"a": [1, "b"]}]',
    "[0, 0, 0]",
)


def planted_paths(sandbox: Sandbox) -> tuple[str, ...]:
    """Returns texts that lead to the canary of a sandbox."""
    inside = ("secret.json", "secret.txt", "Config.json", "plugin.py", "deep", "deep/secret.txt", "new", "")
    climbs = ("../canary", "../../canary", "../../../canary", "../../../../canary", "../../../../../canary")
    starts = (str(sandbox.canary), *climbs, f"x/../{sandbox.canary}")
    return tuple(f"{start}/{name}".rstrip("/") for start in starts for name in inside)


def odd_value(rng: Random, sandbox: Sandbox) -> str:
    """Returns a value as JSON text."""
    kind = rng.randrange(8)
    if kind < 3:
        return rng.choice(NUMBERS)
    if kind < 5:
        return json.dumps(rng.choice(TEXTS))
    if kind == 5:
        return json.dumps(rng.choice(planted_paths(sandbox)))
    if kind == 6:
        return nested(rng)
    return rng.choice(_OTHERS)


def nested(rng: Random) -> str:
    """Returns a deeply nested value as JSON text."""
    depth = rng.choice((3, 50, 900, 1_100, 20_000))
    start, end = rng.choice((("[", "]"), ('{"a":', "}"), ('{"Teacher":', "}")))
    return start * depth + "1" + end * depth
