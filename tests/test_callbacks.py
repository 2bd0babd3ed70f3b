"""Requests of signal handlers: noted while a run checks them, raised at once elsewhere."""

import pytest

from Arch.callbacks import Interrupted, Requests
from Arch.errors import LeaseLostError, StoppedError


def test_an_interrupt_is_raised_where_the_requests_are_not_checked():
    requests = Requests()
    with pytest.raises(Interrupted):
        requests.interrupt()
    assert requests.is_stop_requested


def test_an_interrupt_waits_while_the_requests_are_checked():
    requests = Requests()
    with requests.checked():
        requests.interrupt()
    with pytest.raises(StoppedError, match="stopped before run 3; the same command continues"):
        requests.require_no_interrupt("run 3")
    assert not requests.is_interrupted


def test_a_stop_that_is_no_interrupt_waits_for_the_next_step():
    requests = Requests()
    requests.stop()
    requests.require_no_interrupt("run 3")


@pytest.mark.parametrize("made", [Interrupted(), ImportError("numpy failed"), SystemExit(1)])
def test_an_interrupt_is_a_stop_also_if_a_library_made_another_error_of_it(made):
    requests = Requests()
    with pytest.raises(Interrupted):
        requests.interrupt()
    with pytest.raises(StoppedError), requests.interrupts_converted():
        raise made


@pytest.mark.parametrize("error", [ValueError("own"), KeyboardInterrupt(), SystemExit(1)])
def test_an_error_without_an_interrupt_stays_what_it_is(error):
    with pytest.raises(type(error)) as caught, Requests().interrupts_converted():
        raise error
    assert caught.value is error


def test_a_lost_lease_is_not_called_a_stop():
    requests = Requests(is_interrupted=True)
    with pytest.raises(LeaseLostError), requests.interrupts_converted():
        raise LeaseLostError("taken over")
