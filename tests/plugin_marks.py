"""Configs, and forged records of plugins that leave a file where they are run."""

import json
import sys

from Arch.registry.plugin_scopes import PLUGIN_PREFIX, activate
from Arch.registry.registry import REGISTRIES
from tests.plugin_page import TINY

WHERE = ["--cache", "cache", "--data", "data", "--device", "cpu"]
STUDENT = {**TINY, "Dataset": "Synthetic", "SyntheticSamples": 8, "SyntheticSize": 4, "Model": "MLP", "MLPWidths": [2]}
STUDENT.pop("StripesSamples")
FORGED = """
from dataclasses import dataclass

from torch import nn

from Arch.extend import MODELS, Architecture

open({mark!r}, "w").close()


@MODELS.register("{name}")
@dataclass(frozen=True)
class Forged(Architecture):
    def network(self, shape, classes):
        return nn.Sequential(nn.Flatten(), nn.Linear(shape[0] * shape[1] * shape[2], classes))
"""


def forget():
    """Makes this process run plugin files again, as the next process would."""
    activate(())
    for name in [each for each in sys.modules if each.startswith(PLUGIN_PREFIX)]:
        del sys.modules[name]
        for registry in REGISTRIES:
            registry.forget(name)


def write(folder, name, document):
    (folder / name).write_text(json.dumps(document))
    return name


def edit(cache, fingerprint, **members):
    """Changes the record of a cached experiment."""
    path = cache / fingerprint / "Config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **members}))


def forge(folder, choice, mark):
    """Writes a plugin that offers a network and leaves a mark where it is run; returns the record of it."""
    (folder / "forged.py").write_text(FORGED.format(mark=str(mark), name=choice))
    (folder / "forged.cjson").write_text(json.dumps({"::": {"Model": {"choices": {choice: 1}}}}))
    return [{"Path": str(folder / "forged.py"), "Sha256": "0" * 64, "RulesSha256": "0" * 64}]
