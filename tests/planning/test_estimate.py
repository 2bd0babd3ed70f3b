"""An estimate is the median over the most similar cached runs, in proportion to the epochs."""

from pathlib import Path

import pytest

from Arch.cache.store import Store
from Arch.errors import DiskError
from Arch.planning.estimate import Estimator, estimator
from Arch.planning.plan import make_plan
from Arch.types import Result, Run

BASE = {"Trainer": "KDTrainer", "Dataset": "Digits", "Model": "MLP", "TrainSamples": 100, "NumEpochs": 10}


def cached(*seconds, **values):
    return Result("", {**BASE, **values}, {}, dict(enumerate(seconds)), Path())


def test_time_grows_with_the_epochs():
    assert Estimator([cached(5.0)]).seconds({**BASE, "NumEpochs": 30}) == pytest.approx(15.0)


def test_a_rate_or_a_seed_does_not_change_an_estimate_but_a_width_does():
    known = Estimator([cached(5.0, MaxLR=0.1, MLPWidths=[32]), cached(50.0, MaxLR=0.1, MLPWidths=[512])])
    assert known.seconds({**BASE, "MaxLR": 0.3, "Seed": 7, "MLPWidths": [32]}) == pytest.approx(5.0)


def test_an_estimate_is_the_median_and_not_the_mean():
    assert Estimator([cached(1.0, 2.0, 90.0)]).seconds(BASE) == pytest.approx(2.0)


def test_a_run_of_the_same_study_is_preferred_to_one_of_the_same_network():
    known = Estimator([cached(5.0, BatchSize=64), cached(50.0, TrainSamples=1000)])
    assert known.seconds({**BASE, "BatchSize": 32}) == pytest.approx(5.0)
    assert known.seconds({**BASE, "TrainSamples": 500}) == pytest.approx(50.0)


def test_without_a_similar_run_there_is_no_estimate():
    assert Estimator([cached(5.0)]).seconds({**BASE, "Model": "resnet8"}) is None


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


def test_an_estimate_uses_the_cache_and_ignores_damaged_entries(resolver, tmp_path):
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


def begun(*startups, **values):
    origins = {index: {"startup_seconds": seconds} for index, seconds in enumerate(startups)}
    return Result("", {**BASE, **values}, {}, dict.fromkeys(origins, 5.0), Path(), origins)


def test_a_worker_takes_its_start_and_its_run():
    known = Estimator([begun(7.0, 9.0, 50.0)])
    assert known.worker_seconds(BASE) == pytest.approx(9.0 + 5.0)
    assert known.worker_seconds({**BASE, "NumEpochs": 20}) == pytest.approx(9.0 + 10.0)


def test_a_run_in_a_process_that_had_imported_torch_hides_only_that_from_a_start():
    assert Estimator([begun(0.25)]).worker_seconds(BASE) == pytest.approx(3.0 + 5.0)


@pytest.mark.parametrize("recorded", [None, "9", -1.0, float("inf"), float("nan"), True])
def test_a_start_without_a_usable_record_takes_the_usual_time(recorded):
    assert Estimator([begun(recorded)]).worker_seconds(BASE) == pytest.approx(4.0 + 5.0)


def test_a_worker_of_an_unknown_run_has_no_estimate():
    assert Estimator([begun(7.0)]).worker_seconds({**BASE, "Model": "resnet8"}) is None
