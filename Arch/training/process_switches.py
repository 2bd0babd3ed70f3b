"""The switches of torch that the threads of a process share, with their values in a new process."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.backends import cuda, cudnn, mha, mkldnn, opt_einsum
from torch.nn.modules import module as modules


@dataclass(frozen=True)
class Switch:
    """A setting of the process.

    Attributes:
        read: returns its value.
        write: sets it.
        new: its value in a new process.
    """

    read: Callable[[], Any]
    write: Callable[[Any], object]
    new: Any

    @contextmanager
    def set_aside(self) -> Iterator[None]:
        """Gives a block the value of a new process, and restores the present one afterwards."""
        before = self.read()
        if before == self.new:
            yield
            return
        self.write(self.new)
        try:
            yield
        finally:
            self.write(before)


def _attribute(owner: Any, name: str, new: Any) -> Switch:
    return Switch(lambda: getattr(owner, name), lambda value: setattr(owner, name, value), new)


def _rounding(backend: str, operation: str, new: str = "none") -> Switch:
    """Returns the switch of the precision of an operation in float32, which is inherited where it is "none"."""
    read, write = torch._C._get_fp32_precision_getter, torch._C._set_fp32_precision_setter  # noqa: SLF001 - as torch.backends
    return Switch(lambda: read(backend, operation), lambda value: write(backend, operation, value), new)


def _anomaly() -> tuple[bool, bool]:
    return torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()


def _matmul_precision() -> str:
    """Returns the precision that `torch.set_float32_matmul_precision` has set."""
    try:
        return torch.get_float32_matmul_precision()
    except RuntimeError:  # torch refuses to tell where both of its interfaces were used: then those below count alone
        return "highest"


SWITCHES = (
    Switch(torch.get_default_dtype, torch.set_default_dtype, torch.float32),
    Switch(torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode, 0),
    Switch(_anomaly, lambda values: torch.set_anomaly_enabled(*values), (False, True)),
    # inherited values hide those below them, so that each is read once those above it are those of a new process
    _rounding("generic", "all"),
    _rounding("cuda", "all"),
    _rounding("mkldnn", "all"),
    Switch(_matmul_precision, torch.set_float32_matmul_precision, "highest"),
    _rounding("cuda", "matmul"),
    _rounding("cuda", "conv", "tf32"),
    _rounding("cuda", "rnn", "tf32"),
    *(_rounding("mkldnn", operation) for operation in ("matmul", "conv", "rnn")),
    _attribute(cudnn, "enabled", new=True),
    _attribute(cudnn, "benchmark", new=False),
    _attribute(cudnn, "deterministic", new=False),
    _attribute(mkldnn, "enabled", new=True),
    _attribute(mkldnn, "deterministic", new=False),
    _attribute(cuda.matmul, "allow_fp16_accumulation", new=False),
    _attribute(opt_einsum, "enabled", new=opt_einsum.is_available()),
    Switch(mha.get_fastpath_enabled, mha.set_fastpath_enabled, new=True),
    Switch(cuda.flash_sdp_enabled, cuda.enable_flash_sdp, new=True),
    Switch(cuda.mem_efficient_sdp_enabled, cuda.enable_mem_efficient_sdp, new=True),
    Switch(cuda.math_sdp_enabled, cuda.enable_math_sdp, new=True),
    Switch(cuda.cudnn_sdp_enabled, cuda.enable_cudnn_sdp, new=True),
    _attribute(modules, "_global_is_full_backward_hook", new=None),
)

_HOOKS: tuple[dict[int, Any], ...] = tuple(
    getattr(modules, f"_global_{kind}")
    for kind in (
        "buffer_registration_hooks",
        "module_registration_hooks",
        "parameter_registration_hooks",
        "backward_pre_hooks",
        "backward_hooks",
        "forward_pre_hooks",
        "forward_hooks",
        "forward_hooks_always_called",
        "forward_hooks_with_kwargs",
    )
)


@contextmanager
def switches_of_a_new_process() -> Iterator[None]:
    """Gives a block the switches, the global hooks and the warnings of a new process; restores those of the caller."""
    with ExitStack() as stack:
        for switch in SWITCHES:
            stack.enter_context(switch.set_aside())
        for hooks in _HOOKS:
            stack.enter_context(_emptied(hooks))
        stack.enter_context(warnings.catch_warnings())
        warnings.filters[:] = [each for each in warnings.filters if each[0] != "error"]  # type: ignore[index]
        yield


@contextmanager
def _emptied(hooks: dict[int, Any]) -> Iterator[None]:
    before = dict(hooks)
    hooks.clear()
    try:
        yield
    finally:
        hooks.clear()
        hooks.update(before)
