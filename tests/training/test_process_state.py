"""A run has its own state of torch. Oracle: the bits of a run in a process that has changed nothing."""

import threading
from contextlib import ExitStack

import pytest
import torch

import Arch
from Arch.training.process_state import state_of_a_new_process
from tests.training.conftest import TINY
from tests.training.process_states import STATES

KEYS = {**TINY, "MLPDropout": 0.3, "NumEpochs": 1}


def bits(folder):
    """Makes a run in a new cache; returns the bytes of its weights and its scores."""
    done = Arch.run({**KEYS}, cache=folder, device="cpu")
    return (done.path / "Runs/000/Last.safetensors").read_bytes(), done.scores[0]


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    return bits(tmp_path_factory.mktemp("new") / "cache")


@pytest.mark.parametrize("state", STATES)
def test_a_run_has_the_bits_of_a_new_process_and_leaves_the_callers_state(state, own, tmp_path):
    with STATES[state]() as read:
        before = read()
        found = bits(tmp_path / "cache")
        after = read()
    assert found == own
    assert after == before


@pytest.mark.parametrize("state", [state for state in STATES if state not in ("warnings", "generators")])
def test_a_state_that_is_set_aside_is_that_of_a_new_process(state):
    with STATES[state]() as read:
        changed = read()
        with state_of_a_new_process():
            inside = read()
        assert read() == changed
    assert inside == read()


def test_a_trained_network_is_read_in_its_own_number_format(tmp_path):
    done = Arch.run({**TINY, "NumEpochs": 1}, cache=tmp_path / "cache", device="cpu")
    with STATES["default dtype"](), STATES["default device"]():
        network = done.model()
    assert {(each.dtype, each.device.type) for each in network.parameters()} == {(torch.float32, "cpu")}


ALONE = ("dispatch mode", "denormals", "device context")  # others would change what the test itself reads


def test_states_that_are_set_together_are_restored_together():
    with ExitStack() as stack:
        reads = [stack.enter_context(STATES[state]()) for state in STATES if state not in ALONE]
        before = [read() for read in reads]
        with state_of_a_new_process():
            assert torch.empty(1).device.type == "cpu"
        assert [read() for read in reads] == before


def test_an_error_restores_the_callers_state():
    with STATES["default dtype"]() as read, STATES["function mode"]() as read_modes:
        with pytest.raises(ValueError, match="no"), state_of_a_new_process():
            raise ValueError("no")
        assert (read(), read_modes()) == (torch.float64, ["Doubling"])


def test_the_last_of_several_threads_restores_the_state():
    """The first thread leaves while the second is still inside."""
    first_left, seen = threading.Event(), []
    both_inside = threading.Barrier(2)

    def first():
        with state_of_a_new_process():
            both_inside.wait(10)
        first_left.set()

    def second():
        with state_of_a_new_process():
            both_inside.wait(10)
            first_left.wait(10)
            seen.append(torch.get_default_dtype())

    with STATES["default dtype"]() as read:
        threads = [threading.Thread(target=each) for each in (first, second)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert (seen, read()) == ([torch.float32], torch.float64)
