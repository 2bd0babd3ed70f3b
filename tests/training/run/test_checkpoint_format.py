"""Oracle: the same checkpoint in the current format."""

import io

import pytest
import torch

from Arch.errors import StoppedError
from Arch.training.run.checkpoint import InvalidCheckpointError, pack, unpack
from Arch.training.run.state import RunState

KEYS = {"Optimizer": "AdamW", "EMADecay": 0.5, "Validation": 0.25, "MLPDropout": 0.3}


class StopAtStep5:
    """A monitor that stops a fit at step 5, inside its second epoch."""

    steps = 0

    def step_done(self):
        self.steps += 1
        if self.steps == 5:
            raise StoppedError("at step 5")

    def epoch_done(self, epoch):
        pass


def saved(state):
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def as_format_1(payload):
    """Rewrites a checkpoint of a single fit in format 1, which had no stages."""
    state = unpack(payload)
    (fit,) = state["stages"]
    old = {name: state[name] for name in ("versions", "data_digest", "generators", "sessions")}
    old |= {name: fit[name] for name in ("optimizer", "steps_per_epoch", "learner", "best", "epochs")}
    times = {**state["times"], "epoch_seconds": fit["epoch_seconds"]}
    return saved({**old, "format": 1, "tally": fit["means"], "times": times})


def test_a_checkpoint_of_format_1_is_resumed_as_the_same_one_of_today(trainer):
    training = trainer(**KEYS)
    run, today, old = (training.prepare(0) for _ in range(3))
    with pytest.raises(StoppedError):
        run.stages[0].run(StopAtStep5())
    payload = run.packed(RunState(seconds=2.0, device_seconds=1.0))
    assert old.resume(as_format_1(payload)) == today.resume(payload) == RunState(0, 2.0, 1.0)
    assert old.steps_done == today.steps_done == 5
    assert pack(old.stages[0].state()) == pack(today.stages[0].state())


def test_a_checkpoint_of_an_unknown_format_is_refused():
    with pytest.raises(InvalidCheckpointError, match="its format is 99, not 2"):
        unpack(saved({"format": 99}))


@pytest.mark.parametrize("number", [float("inf"), float("nan"), -1.0, "5", None, 10**400])
@pytest.mark.parametrize("place", ["seconds", "device_seconds", "epoch_seconds", "sessions", "epochs"])
def test_a_checkpoint_with_a_number_that_no_run_has_is_refused(trainer, place, number):
    training = trainer(**KEYS)
    run, other = training.prepare(0), training.prepare(0)
    with pytest.raises(StoppedError):
        run.stages[0].run(StopAtStep5())
    state = dict(unpack(run.packed(RunState())))
    fit = state["stages"][0]
    if place == "epoch_seconds":
        fit[place] = number
    elif place == "sessions":
        state[place] = [{"threads": number}] if isinstance(number, float) else number
    elif place == "epochs":
        fit[place][0]["train"] = {"loss": number} if isinstance(number, float) else number
    else:
        state["times"][place] = number
    if number == -1.0 and place in ("sessions", "epochs"):
        assert other.resume(saved(state)).stage == 0
    else:
        with pytest.raises(InvalidCheckpointError):
            other.resume(saved(state))
