"""Oracle: a watcher that counts its calls and raises at each."""

import pytest

from Arch.errors import StoppedError, TrainingError
from Arch.sweep.guarded_watcher import GuardedSweepWatcher
from Arch.sweep.progress import Outcome, SweepProgress
from Arch.training.run.guarded_watcher import GuardedWatcher
from Arch.types import Epoch

PROGRESS = SweepProgress((), done=0, failed=0, waiting=1, elsewhere=0, total=1, seconds=0.0)
OF_RUNS = {
    "run_started": ("MLP", 0, 2, 4),
    "run_resumed": (3,),
    "step_done": (),
    "epoch_done": (Epoch(1, {}, {}, {}, 0.1, 1.0),),
    "run_finished": ({"accuracy": 0.5}, 1.0),
}
OF_SWEEPS = {"started": ("running",), "ended": ("task", Outcome.DONE, None), "tick": (PROGRESS,)}
CALLS = [
    *((GuardedWatcher, "run", name, arguments) for name, arguments in OF_RUNS.items()),
    *((GuardedSweepWatcher, "sweep", name, arguments) for name, arguments in OF_SWEEPS.items()),
]
each_call = pytest.mark.parametrize(("guarding", "what", "name", "arguments"), CALLS, ids=[each[2] for each in CALLS])


class Raising:
    """A watcher every method of which raises the given error."""

    def __init__(self, error):
        self.error, self.calls = error, []

    def __getattr__(self, name):
        def call(*arguments):
            self.calls.append((name, arguments))
            raise self.error

        return call


@each_call
def test_an_error_of_the_watcher_is_logged_once_and_the_watcher_dropped(guarding, what, name, arguments, caplog):
    watcher = Raising(KeyError("accuracy"))
    guarded = guarding(watcher)
    for _ in range(2):
        getattr(guarded, name)(*arguments)
    assert watcher.calls == [(name, arguments)]
    assert [record.message for record in caplog.records] == [
        f"the progress display Raising failed (KeyError: 'accuracy') and is not called again; the {what} continues."
    ]


@each_call
@pytest.mark.parametrize("error", [StoppedError("on purpose"), TrainingError("on purpose"), KeyboardInterrupt()])
def test_an_arch_error_or_an_interrupt_of_the_watcher_is_raised(guarding, what, name, arguments, error, caplog):
    watcher = Raising(error)
    guarded = guarding(watcher)
    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            getattr(guarded, name)(*arguments)
        assert caught.value is error
    assert (len(watcher.calls), caplog.records) == (2, [])


@each_call
def test_a_display_that_answers_a_closed_pipe_by_exiting_is_dropped(guarding, what, name, arguments, caplog):
    error = SystemExit(1)
    error.__context__ = BrokenPipeError(32, "Broken pipe")
    getattr(guarding(Raising(error)), name)(*arguments)
    assert len(caplog.records) == 1
    with pytest.raises(SystemExit):
        getattr(guarding(Raising(SystemExit(1))), name)(*arguments)


def test_a_guarded_watcher_is_not_guarded_again():
    guarded = GuardedWatcher(Raising(KeyError()))
    assert GuardedWatcher.around(guarded) is guarded
