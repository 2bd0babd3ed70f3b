"""Ways in which a process changes the state of torch, NumPy and warnings, by name.

Each is a function that gives a context; inside it the state is changed, and it yields a function that reads the state.
"""

import random
import warnings
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn
from torch.nn.modules import module as modules
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode


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
