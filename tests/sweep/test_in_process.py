"""A plan in one process: a failure stops its dependents, a request to stop everything."""

import pytest

from Arch.cache.store import Store
from Arch.errors import StoppedError, TrainingError
from Arch.planning.plan import make_plan
from Arch.sweep.in_process import carry_out

TINY = {"Dataset": "Synthetic", "Model": "MLP"}
TAUGHT = {**TINY, "VanillaKD": True, "Teacher": {**TINY, "Seed": 1}}


class FailingWorker:
    """A worker that trains nothing and raises the given errors, by the config's seed."""

    def __init__(self, **errors):
        self.errors, self.asked = errors, []

    def train(self, config):
        self.asked.append(config["Seed"])
        error = self.errors.get(f"seed_{config['Seed']}")
        if error:
            raise error


@pytest.fixture
def plan(resolver, tmp_path):
    return lambda *raws: make_plan([(resolver.resolve(raw), "") for raw in raws], Store(tmp_path))


def test_a_failure_stops_only_its_dependents(plan):
    worker = FailingWorker(seed_1=TrainingError("bad luck"))
    failures = carry_out(plan({**TAUGHT, "Seed": 5}, {**TINY, "Seed": 7}), worker)
    assert worker.asked == [1, 7]
    assert [str(failure.error) for failure in failures] == [
        "bad luck",
        "not tried: it depends on MLP on Synthetic, which failed.",
    ]
    assert [failure.is_tried for failure in failures] == [True, False]


def test_after_a_request_to_stop_nothing_is_started(plan):
    worker = FailingWorker(seed_1=TrainingError("bad luck"), seed_2=StoppedError("left"))
    failures = carry_out(plan(*({**TINY, "Seed": seed} for seed in range(5))), worker)
    assert worker.asked == [0, 1, 2]
    assert [str(failure.error) for failure in failures] == ["bad luck", "left"]
