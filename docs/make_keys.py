"""Writes docs/keys.md from the rules file: `python docs/make_keys.py`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from Arch.config.json_text import describe
from Arch.config.rules.declarations import KeyRule
from Arch.config.rules.reader import read_rules

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# Keys

Made by `docs/make_keys.py` from `KDTrainer/BaselineConfig.cjson`; `main.py names keys` shows the same.

A key counts under its condition only: `Optimizer:SGD` reads "when `Optimizer` is `SGD`", a bare name "when it is true",
`!` "not", `|` "or". What is in brackets has an identity and can be explained and compared, but cannot run yet.

| key | default | counts | what it says | choices |
|---|---|---|---|---|
"""


def keys_page() -> str:
    """The whole page."""
    rules = read_rules(ROOT / "KDTrainer" / "BaselineConfig.cjson")
    ordered = sorted(rules.keys.values(), key=lambda rule: rules.line_of(rule.declarations[0]))
    rows = "\n".join(_row(rule) for rule in ordered)
    retired = "\n".join(f"- `{key}`: {why}." for key, why in rules.retired.items())
    aliases = ", ".join(f"`{old}` for `{new}`" for old, new in rules.aliases.items())
    return f"{HEAD}{rows}\n\nAccepted without effect, for old configs:\n\n{retired}\n\nOther spellings: {aliases}.\n"


def _row(rule: KeyRule) -> str:
    defaults = ", ".join(dict.fromkeys(f"`{describe(each.default)}`" for each in rule.declarations))
    if rule.schema.is_required:
        defaults = "has to be given"
    when = " or ".join(dict.fromkeys(each.when for each in rule.declarations))
    when = (
        "option" if rule.is_option else when if when == "always" else f"`{when}`".replace("|", r"\|")
    )  # a bare | ends a cell, in code too
    planned = f"({', '.join(rule.schema.planned)})" if rule.schema.planned else ""
    choices = " ".join(filter(None, (", ".join(rule.schema.choices), planned)))
    return f"| `{rule.name}` | {defaults} | {when} | {rule.schema.about} | {choices} |"


if __name__ == "__main__":
    (ROOT / "docs" / "keys.md").write_text(keys_page(), encoding="utf-8")
