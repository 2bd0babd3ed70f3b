"""Oracle: the list of sessions, written out."""

from Arch.training.run.state import RunState

HERE = {"host": "a", "threads": 2}


def test_the_first_session_is_recorded_without_differences():
    state = RunState()
    assert state.begin_session(HERE, 0) == ()
    assert state.sessions == [{"host": "a", "threads": 2, "from_step": 0}]


def test_a_session_like_the_last_one_is_not_recorded_again():
    state = RunState()
    state.begin_session(HERE, 0)
    assert state.begin_session(HERE, 5) == ()
    assert len(state.sessions) == 1


def test_a_different_session_is_recorded_with_its_first_step():
    state = RunState()
    state.begin_session(HERE, 0)
    assert state.begin_session({**HERE, "threads": 4}, 5) == ("threads",)
    assert state.sessions[-1] == {"host": "a", "threads": 4, "from_step": 5}


def test_a_session_is_compared_with_the_last_one_only():
    state = RunState()
    for threads, step in ((2, 0), (4, 5)):
        state.begin_session({**HERE, "threads": threads}, step)
    assert state.begin_session(HERE, 7) == ("threads",)
    assert [each["from_step"] for each in state.sessions] == [0, 5, 7]


def test_a_value_that_the_last_session_did_not_record_differs():
    state = RunState(sessions=[{"host": "a", "from_step": 0}])
    assert state.begin_session(HERE, 3) == ("threads",)
