"""Oracle: a watcher that counts its calls and raises at each."""

import pytest

from Arch.errors import TrainingError
from Arch.sweep.guarded_watcher import GuardedSweepWatcher
from Arch.sweep.progress import Outcome, SweepProgress

PROGRESS = SweepProgress((), done=0, failed=0, waiting=1, elsewhere=0, total=1, seconds=0.0)
CALLS = {"started": ("running",), "ended": ("task", Outcome.DONE, None), "tick": (PROGRESS,)}


class Raising:
    """A watcher every method of which raises the given error."""

    def __init__(self, error):
        self.error, self.calls = error, []

    def __getattr__(self, name):
        def call(*arguments):
            self.calls.append((name, arguments))
            raise self.error

        return call


@pytest.mark.parametrize("name", CALLS)
def test_an_error_of_the_watcher_is_logged_once_and_the_watcher_dropped(name, caplog):
    watcher = Raising(BrokenPipeError(32, "Broken pipe"))
    guarded = GuardedSweepWatcher(watcher)
    for _ in range(2):
        getattr(guarded, name)(*CALLS[name])
    assert watcher.calls == [(name, CALLS[name])]
    assert ["the sweep continues" in record.message for record in caplog.records] == [True]


@pytest.mark.parametrize("error", [TrainingError("on purpose"), KeyboardInterrupt()])
def test_an_arch_error_or_an_interrupt_of_the_watcher_is_raised(error):
    with pytest.raises(type(error)):
        GuardedSweepWatcher(Raising(error)).tick(PROGRESS)


def test_a_sweep_with_a_failing_watcher_makes_its_runs(sweep, outcomes_of):
    def fail(*_):
        raise OSError(5, "Input/output error")

    report, recorder = sweep({"Seed": 1}, {"Seed": 2}, workers=1, hooks={"started": fail})
    assert outcomes_of(report) == {(1, 0): "done", (2, 0): "done"}
    assert recorder.lines == [("started", 1, 0)]
