"""Oracle: a watcher that counts its calls and raises at each."""

import pytest

from Arch.errors import StoppedError, TrainingError
from Arch.training.run.guarded_watcher import GuardedWatcher
from Arch.types import Epoch

CALLS = {
    "run_started": ("MLP", 0, 2, 4),
    "run_resumed": (3,),
    "step_done": (),
    "epoch_done": (Epoch(1, {}, {}, {}, 0.1, 1.0),),
    "run_finished": ({"accuracy": 0.5}, 1.0),
}


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
    watcher = Raising(KeyError("accuracy"))
    guarded = GuardedWatcher(watcher)
    for _ in range(2):
        getattr(guarded, name)(*CALLS[name])
    assert watcher.calls == [(name, CALLS[name])]
    assert [record.message for record in caplog.records] == [
        "the progress display Raising failed (KeyError: 'accuracy') and is not called again; the run continues."
    ]


@pytest.mark.parametrize("error", [StoppedError("on purpose"), TrainingError("on purpose"), KeyboardInterrupt()])
@pytest.mark.parametrize("name", CALLS)
def test_an_arch_error_or_an_interrupt_of_the_watcher_is_raised(name, error, caplog):
    watcher = Raising(error)
    guarded = GuardedWatcher(watcher)
    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            getattr(guarded, name)(*CALLS[name])
        assert caught.value is error
    assert (len(watcher.calls), caplog.records) == (2, [])


def test_a_display_that_answers_a_closed_pipe_by_exiting_is_dropped(caplog):
    error = SystemExit(1)
    error.__context__ = BrokenPipeError(32, "Broken pipe")
    watcher = Raising(error)
    GuardedWatcher(watcher).step_done()
    assert len(caplog.records) == 1
    with pytest.raises(SystemExit):
        GuardedWatcher(Raising(SystemExit(1))).step_done()


def test_a_guarded_watcher_is_not_guarded_again():
    guarded = GuardedWatcher(Raising(KeyError()))
    assert GuardedWatcher.around(guarded) is guarded
