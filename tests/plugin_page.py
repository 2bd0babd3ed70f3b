"""The files that docs/plugins.md shows, as a reader would write them."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "plugins.md"


def shown():
    """The text of each file by its name."""
    blocks = re.findall(r"`(\w+\.(?:py|cjson|json))`:\n\n```\w+\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return dict(blocks)


def write_shown(folder):
    """Writes them all and gives the config's path."""
    for name, text in shown().items():
        (folder / name).write_text(text)
    return folder / "my_config.json"
