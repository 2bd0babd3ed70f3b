"""A run has its own state of torch. Oracle: the bits of a run in a process that has changed nothing."""

import random
import threading
import warnings
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.modules import module as modules
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

import Arch
from Arch.training.process_state import state_of_a_new_process
from tests.training.conftest import TINY

KEYS = {**TINY, "MLPDropout": 0.3, "NumEpochs": 1}


def switch(read, write, value):
    """Returns a changed state: how to set it, and how to read it."""

    @contextmanager
    def changed():
        before = read()
        write(value)
        try:
            yield read
        finally:
            write(before)

    return changed


def attribute(owner, name, value):
    return switch(lambda: getattr(owner, name), lambda new: setattr(owner, name, new), value)


def inside(context, read):
    """Returns a state that a `with` block has."""

    @contextmanager
    def changed():
        with context():
            yield read

    return changed


class Doubling(TorchFunctionMode):
    """Doubles the result of every linear layer."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        return 2 * result if function is nn.functional.linear else result


class Shifting(TorchDispatchMode):
    """Adds one to every product of matrices."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        return result + 1 if function is torch.ops.aten.addmm.default else result


def modes():
    return [type(each).__name__ for each in torch.overrides._get_current_function_mode_stack()]


def dispatch_modes():
    return torch._C._len_torch_dispatch_stack()


@contextmanager
def hooked(register, hook):
    handle = register(hook)
    try:
        yield lambda: handle.id in handle.hooks_dict_ref()
    finally:
        handle.remove()


@contextmanager
def saved_tensors_halved():
    with torch.autograd.graph.saved_tensors_hooks(lambda x: x / 2, lambda x: x):
        yield lambda: torch._C._autograd._top_saved_tensors_default_hooks(True) is not None


@contextmanager
def matmul_precision():
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        yield lambda: (torch.get_float32_matmul_precision(), torch.backends.mkldnn.matmul.fp32_precision)
    finally:
        torch.set_float32_matmul_precision(before)
        for backend in ("cuda", "mkldnn"):
            torch._C._set_fp32_precision_setter(backend, "matmul", "none")


@contextmanager
def generic_precision():
    mkldnn = torch.backends.mkldnn
    torch.backends.fp32_precision, mkldnn.conv.fp32_precision = "tf32", "bf16"
    try:
        yield lambda: (torch.backends.fp32_precision, mkldnn.matmul.fp32_precision, mkldnn.conv.fp32_precision)
    finally:
        torch.backends.fp32_precision, mkldnn.conv.fp32_precision = "none", "none"


@contextmanager
def default_device():
    torch.set_default_device("meta")
    try:
        yield lambda: (torch.get_default_device(), torch.empty(1).device.type, modes())
    finally:
        torch.set_default_device(None)


@contextmanager
def denormals_are_zero():
    tiny = torch.tensor(1e-40)

    def product():
        return (tiny * 1).item()

    torch.set_flush_denormal(True)
    try:
        yield product
    finally:
        torch.set_flush_denormal(False)


@contextmanager
def warnings_raise():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield lambda: list(warnings.filters)


@contextmanager
def numpy_raises():
    with np.errstate(all="raise"):
        yield np.geterr


def anomaly():
    return torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()


def generators():
    state = np.random.get_state()  # noqa: NPY002 - the legacy generator, which a plugin may draw from
    return torch.get_rng_state().tolist(), random.getstate(), state[1].tolist(), state[2:]


@contextmanager
def seeded():
    torch.manual_seed(99)
    random.seed(99)
    np.random.seed(99)  # noqa: NPY002 - as above
    yield generators


def doubled(module, args, out):
    return 2 * out


cuda, cudnn, mkldnn = torch.backends.cuda, torch.backends.cudnn, torch.backends.mkldnn
STATES = {
    "default dtype": switch(torch.get_default_dtype, torch.set_default_dtype, torch.float64),
    "default device": default_device,
    "device context": inside(lambda: torch.device("meta"), lambda: torch.empty(1).device.type),
    "function mode": inside(Doubling, modes),
    "dispatch mode": inside(Shifting, dispatch_modes),
    "deterministic": switch(torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode, 2),
    "anomalies": switch(anomaly, lambda values: torch.set_anomaly_enabled(*values), (True, True)),
    "matmul precision": matmul_precision,
    "generic precision": generic_precision,
    "cudnn benchmark": attribute(cudnn, "benchmark", True),
    "cudnn deterministic": attribute(cudnn, "deterministic", True),
    "cudnn off": attribute(cudnn, "enabled", False),
    "mkldnn off": attribute(mkldnn, "enabled", False),
    "mkldnn deterministic": attribute(mkldnn, "deterministic", True),
    "half-precision sums": attribute(cuda.matmul, "allow_fp16_accumulation", True),
    "no flash attention": switch(cuda.flash_sdp_enabled, cuda.enable_flash_sdp, False),
    "no fast path": switch(torch.backends.mha.get_fastpath_enabled, torch.backends.mha.set_fastpath_enabled, False),
    "denormals": denormals_are_zero,
    "autocast": inside(lambda: torch.autocast("cpu", torch.bfloat16), lambda: torch.is_autocast_enabled("cpu")),
    "inference": inside(torch.inference_mode, torch.is_inference_mode_enabled),
    "no gradients": inside(torch.no_grad, torch.is_grad_enabled),
    "saved tensors": saved_tensors_halved,
    "forward hook": lambda: hooked(modules.register_module_forward_hook, doubled),
    "earlier hook": lambda: hooked(modules.register_module_forward_pre_hook, lambda _, args: (2 * args[0],)),
    "gradient hook": lambda: hooked(modules.register_module_full_backward_hook, lambda *_: (None,)),
    "parameter hook": lambda: hooked(
        modules.register_module_parameter_registration_hook, lambda _module, _name, given: nn.Parameter(2 * given)
    ),
    "warnings": warnings_raise,
    "numpy": numpy_raises,
    "generators": seeded,
}


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
