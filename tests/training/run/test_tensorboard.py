"""Oracle: TensorBoard's own reader."""

import dataclasses
import errno
import sys

import pytest

from Arch.errors import TrainingError
from Arch.training.run import tensorboard
from Arch.training.run.tensorboard import open_events
from Arch.types import Epoch

EPOCH = Epoch(3, {"loss": 1.5}, {"accuracy": 0.5}, {}, 0.1, 2.0)


def test_nothing_is_written_without_a_request(tmp_path):
    with open_events(tmp_path / "events", (), is_wanted=False) as write:
        write(EPOCH)
    assert not (tmp_path / "events").exists()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_epochs_numbers_become_scalars(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with open_events(tmp_path / "events", (), is_wanted=True) as write:
        write(EPOCH)
    read = EventAccumulator(str(tmp_path / "events")).Reload()
    (scalar,) = read.Scalars("train/loss")
    assert (scalar.step, scalar.value) == (3, 1.5)
    assert set(read.Tags()["scalars"]) == {"train/loss", "test/accuracy", "learning_rate"}


@pytest.mark.parametrize("step", ["__init__", "add_scalar", "close"])
def test_a_disk_error_ends_the_events_and_not_the_run(tmp_path, monkeypatch, caplog, step):
    class Writer:
        def __init__(self, log_dir):
            self.at("__init__")

        def add_scalar(self, *_):
            self.at("add_scalar")

        def close(self):
            self.at("close")

        def at(self, here):
            if here == step:
                raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(tensorboard, "summary_writer", lambda: Writer)
    with open_events(tmp_path / "events", (EPOCH,), is_wanted=True) as write:
        write(EPOCH)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "no space left on device. The run continues." in caplog.text


def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with (
        pytest.raises(TrainingError, match="pip install tensorboard"),
        open_events(tmp_path / "events", (), is_wanted=True),
    ):
        pass


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_events_of_an_earlier_attempt_are_replaced(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    later = dataclasses.replace(EPOCH, number=4)
    with open_events(tmp_path / "events", (), is_wanted=True) as write:
        write(EPOCH)
        write(later)
    with open_events(tmp_path / "events", (EPOCH,), is_wanted=True) as write:
        write(later)
    read = EventAccumulator(str(tmp_path / "events")).Reload()
    assert [scalar.step for scalar in read.Scalars("train/loss")] == [3, 4]
