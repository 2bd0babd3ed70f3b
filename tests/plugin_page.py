"""Writes the files that docs/plugins.md shows and trains with them; also a plugin whose loss has a teacher."""

import re

import Arch
from tests.repository import ROOT

PAGE = ROOT / "docs" / "plugins.md"
TEACHING = """
from dataclasses import dataclass
from typing import ClassVar

from Arch.extend import METHODS, MODELS, Architecture
from Arch.models.architectures.mlp import MLP


@METHODS.register("Square")
@dataclass(frozen=True)
class Square:
    switch_key: ClassVar[str] = "Square"
    weight_key: ClassVar[str] = "SquareWeight"

    def __call__(self, batch, student, teacher):
        return (student.logits - teacher.logits).square().mean()


@MODELS.register_family("mine/*", lambda: ("mine/2", "mine/3"), "MLPs by their width")
def mine(name):
    @dataclass(frozen=True)
    class Mine(Architecture):
        def network(self, shape, classes):
            return MLP((int(name[5:]),), 0.0).network(shape, classes)

    return Mine
"""
TAUGHT = {
    "Square": False,
    "Square:Params": {"SquareWeight": 1.0, "Teacher": "", "TeacherRun": 0, "TeacherWeights": "Last"},
    "::": {"Teacher": {"resets": {"Square": False}}, "Model": {"choices": {"mine/*": 1}}},
}
TINY = {"Dataset": "Stripes", "StripesSamples": 8, "BatchSize": 4, "NumEpochs": 1}


def shown():
    """Returns the text of each file on the page, by name."""
    blocks = re.findall(r"`(\w+\.(?:py|cjson|json))`:\n\n```\w+\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return dict(blocks)


def write_shown(folder):
    """Writes all files of the page and returns the path of the config."""
    for name, text in shown().items():
        (folder / name).write_text(text)
    return folder / "my_config.json"


def trained(folder, **keys):
    """Trains a tiny experiment with the plugin of the page and returns it."""
    config = {"Plugins": [str(folder / "my_file.py")], **TINY, "Model": "MyNet", **keys}
    return Arch.run(config, cache=folder / "cache", data=folder / "data", device="cpu")


def changed(folder, old, new, name="my_file.py"):
    """Edits one of the page's files."""
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))
