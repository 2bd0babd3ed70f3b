"""A worker gives each run the networks that it is made from, whatever keys the study has."""

import pytest

import Arch.training
from Arch.cache.attempts.attempt import State
from Arch.errors import CacheError, StoppedError
from Arch.planning.plan import make_plan
from Arch.planning.task import tasks_of
from Arch.sweep.in_process import carry_out
from Arch.sweep.worker import Worker, load_model
from Arch.types import Run
from tests.looking_study import LOOKING, looking

__all__ = ["looking"]


class Stub:
    """A trainer that makes runs with one score, and records the runs and weights that it was given."""

    given = []

    def __init__(self, config, entry, settings, networks):
        self.config, self.entry, self.networks = config, entry, networks

    def result(self):
        self.entry.open(self.config)
        for index in set(range(self.config.option("NumRuns"))) - set(self.entry.run_indices()):
            self.make_run(self.entry.take(index))
        return self.entry.result()

    def make_run(self, lease):
        with lease, self.entry.write_run(lease.index, lease) as writer:
            given = [each.for_run(lease.index) for each in self.networks.values()]
            self.given += [(lease.index, each.index, each.weights) for each in given]
            writer.commit(Run(lease.index, 0, (), {"similarity": 0.5}, 1.0))


@pytest.fixture
def worker(looking, monkeypatch):
    monkeypatch.setattr(Arch.training, "TRAINERS", {"Training": Stub, "Looking": Stub})
    monkeypatch.setattr(Stub, "given", [])
    return Worker(looking.store, looking.data, "cpu")


@pytest.mark.parametrize(
    ("keys", "given"),
    [
        ({}, [(0, 0, "Last"), (1, 0, "Last")]),
        ({"SubjectRun": 1, "SubjectWeights": "Best"}, [(0, 1, "Best"), (1, 1, "Best")]),
        ({"SubjectRun": -1}, [(0, 0, "Last"), (1, 1, "Last")]),
    ],
)
def test_every_run_is_given_the_run_that_it_is_made_from(looking, worker, keys, given):
    config = looking.resolver.resolve({**LOOKING, **keys, "NumRuns": 2})
    assert carry_out(make_plan([(config, "")], looking.store), worker) == ()
    assert Stub.given == given


def test_a_single_run_is_given_the_run_that_it_is_made_from(looking, worker):
    config = looking.resolver.resolve({**LOOKING, "SubjectRun": -1, "NumRuns": 2})
    for task in tasks_of(make_plan([(config, "")], looking.store)):
        entry = looking.store.entry(task.step.config)
        entry.open(task.step.config)
        worker.make_run(task.step.config, entry.take(task.run))
    assert Stub.given == [(0, 0, "Last"), (1, 1, "Last")]


def test_a_study_without_a_model_has_no_network_to_load(looking):
    config = looking.resolver.resolve(LOOKING)
    with pytest.raises(CacheError, match="trains no network"):
        load_model(config, looking.store.entry(config), 0, "Last")


@pytest.mark.parametrize("made", [None, ImportError("numpy failed")])
def test_an_interrupt_while_data_are_loaded_stops_the_run_and_is_no_failure(made, workspace, monkeypatch):
    worker = Worker(workspace.store, workspace.data, "cpu")

    def load(_):
        try:
            worker.requests.interrupt()
        except KeyboardInterrupt:
            if made is None:
                raise
            raise made from None

    monkeypatch.setattr("Arch.training.trainers.image_trainer.ImageTrainer.load_dataset", load)
    config = workspace.resolver.resolve({"Dataset": "Synthetic", "Model": "MLP"})
    with pytest.raises(StoppedError):
        worker.train(config)
    (attempt,) = workspace.store.entry(config).attempts()
    assert (attempt.state, attempt.failure) == (State.STOPPED, None)
