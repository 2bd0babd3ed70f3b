"""A sweep whose display fails makes its runs."""


def test_a_sweep_with_a_failing_watcher_makes_its_runs(sweep, outcomes_of):
    def fail(*_):
        raise OSError(5, "Input/output error")

    report, recorder = sweep({"Seed": 1}, {"Seed": 2}, workers=1, hooks={"started": fail})
    assert outcomes_of(report) == {(1, 0): "done", (2, 0): "done"}
    assert recorder.lines == [("started", 1, 0)]
