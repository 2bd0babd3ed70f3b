"""An estimate is the median over the cached runs that are most like the one asked for, epoch by epoch."""

from pathlib import Path

import pytest

from Arch.cache.store import Store
from Arch.errors import DiskError
from Arch.planning.estimate import Estimator, estimator
from Arch.planning.plan import make_plan
from Arch.types import Result, Run

BASE = {"Trainer": "KDTrainer", "Dataset": "Digits", "Model": "MLP", "TrainSamples": 100, "NumEpochs": 10}


def witness(*seconds, **values):
    return Result("", {**BASE, **values}, {}, dict(enumerate(seconds)), Path())


def test_time_grows_with_the_epochs():
    assert Estimator([witness(5.0)]).seconds({**BASE, "NumEpochs": 30}) == pytest.approx(15.0)


def test_a_rate_or_a_seed_costs_no_time_but_a_width_does():
    known = Estimator([witness(5.0, MaxLR=0.1, MLPWidths=[32]), witness(50.0, MaxLR=0.1, MLPWidths=[512])])
    assert known.seconds({**BASE, "MaxLR": 0.3, "Seed": 7, "MLPWidths": [32]}) == pytest.approx(5.0)


def test_the_median_and_not_the_mean_counts():
    assert Estimator([witness(1.0, 2.0, 90.0)]).seconds(BASE) == pytest.approx(2.0)


def test_without_an_equal_one_the_same_study_counts_before_the_same_network():
    known = Estimator([witness(5.0, BatchSize=64), witness(50.0, TrainSamples=1000)])
    assert known.seconds({**BASE, "BatchSize": 32}) == pytest.approx(5.0)
    assert known.seconds({**BASE, "TrainSamples": 500}) == pytest.approx(50.0)


def test_of_what_is_like_nothing_nothing_is_said():
    assert Estimator([witness(5.0)]).seconds({**BASE, "Model": "resnet8"}) is None


def test_nothing_is_read_where_nothing_is_missing(resolver, tmp_path, monkeypatch):
    store, config = Store(tmp_path / "cache"), resolver.resolve({"Dataset": "Synthetic", "Model": "MLP"})
    entry = store.entry(config)
    entry.open(config)
    with entry.write_run(0) as writer:
        writer.commit(Run(0, 0, (), {"accuracy": 0.5}, 1.0))
    plan = make_plan([(config, "")], store)

    def read(*_):
        raise DiskError("read")

    monkeypatch.setattr("Arch.files.list_folder", read)
    assert estimator(plan, store).seconds(config.active) is None


def test_the_cache_is_the_witness_and_damaged_entries_are_passed_over(resolver, tmp_path):
    store = Store(tmp_path / "cache")
    for seed, seconds in ((0, 4.0), (1, 6.0), (2, 8.0)):
        config = resolver.resolve({"Dataset": "Synthetic", "Model": "MLP", "Seed": seed})
        entry = store.entry(config)
        entry.open(config)
        with entry.write_run(0) as writer:
            writer.commit(Run(0, seed, (), {"accuracy": 0.5}, seconds))
        if seed == 2:
            (entry.path / "Result.json").unlink()
            (entry.path / "Runs" / "000" / "Run.json").write_text("{")
    asked = resolver.resolve({"Dataset": "Synthetic", "Model": "MLP", "Seed": 3})
    assert estimator(make_plan([(asked, "")], store), store).seconds(asked.active) == pytest.approx(6.0)
