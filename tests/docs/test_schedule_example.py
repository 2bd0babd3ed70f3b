"""The schedule that docs/architecture.md shows works in a copy of the repository, with its line in the rules."""

import math

import pytest

from tests.docs.blocks import blocks
from tests.docs.sandbox import Sandbox
from tests.repository import ROOT

CHECK = """
import math
from Arch import run
config = {"Dataset": "Digits", "TrainSamples": 64, "Model": "MLP", "MLPWidths": [8], "LRScheduler": "InverseRoot"}
experiment = run({**config, "BatchSize": 32, "NumEpochs": 3}, device="cpu")
print(*[epoch.learning_rate for epoch in experiment.runs()[0].epochs])
"""


@pytest.mark.slow
def test_the_schedule_of_the_page_trains_after_its_line_in_the_rules(tmp_path, warm_starts):
    sandbox = Sandbox(tmp_path, warm_starts, is_short=True)
    shown = next(each for each in blocks(ROOT / "docs" / "architecture.md") if "InverseRoot" in each.text)
    (sandbox.root / "Arch/training/fit/schedules/inverse_root.py").write_text(shown.text)
    rules = sandbox.root / "KDTrainer" / "BaselineConfig.cjson"
    rules.write_text(
        rules.read_text().replace('"choices": {"OneCycle": 1,', '"choices": {"InverseRoot": 1, "OneCycle": 1,')
    )
    rates = [float(word) for word in sandbox.python(CHECK).split()]
    assert rates == pytest.approx([0.01 / math.sqrt(1 + step) for step in (0, 2, 4)])  # two steps an epoch
