"""Sets aside, during a run, what its process has changed of torch, NumPy and warnings: a run has a state of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from torch._C import _autograd  # torch has no public way to read default hooks or modes
from torch._C import _pop_torch_function_stack as _pop
from torch._C import _push_on_torch_function_stack as _push
from torch.utils import _python_dispatch

from Arch.training.process_switches import switches_of_a_new_process

_SMALLEST = 1e-40  # below the normal numbers of float32


@contextmanager
def state_of_a_new_process() -> Iterator[None]:
    """Gives a block the state that torch, NumPy and warnings have in a new process, and restores the caller's.

    Set aside are the default dtype and device, deterministic algorithms, precision and choice of kernels, gradient,
    inference, anomaly and autocast modes, modes and hooks that see every call, floating-point errors of NumPy, denormal
    numbers, and warnings that raise. Not set aside is the number of threads, which a run records. Where blocks overlap
    in several threads, the first one sets aside what threads share, and the last one restores it.
    """
    with _SHARED.set_aside(), ExitStack() as stack:
        for own in (_modes, _saved_tensor_hooks, _denormals, torch.enable_grad):
            stack.enter_context(own())
        stack.enter_context(torch.inference_mode(mode=False))
        stack.enter_context(np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"))
        for kind in ("cpu", "cuda"):
            stack.enter_context(_without_autocast(kind))
        yield


class _Shared:
    """Counts the blocks in all threads that use the switches of a new process."""

    def __init__(self) -> None:
        self._lock, self._users, self._stack = threading.Lock(), 0, ExitStack()

    @contextmanager
    def set_aside(self) -> Iterator[None]:
        with self._lock:
            if not self._users:
                self._stack.enter_context(switches_of_a_new_process())
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._stack.close()


_SHARED = _Shared()  # of the process, as the switches are


@contextmanager
def _modes() -> Iterator[None]:
    """Removes the modes that see every call of torch, that of a default device among them."""
    place = torch._GLOBAL_DEVICE_CONTEXT  # noqa: SLF001 - as above
    default = getattr(place, "device_context", None)
    functions = [_pop() for _ in range(torch._C._len_torch_function_stack())]  # noqa: SLF001 - as above
    place.device_context = None
    has_others = torch._C._len_torch_dispatch_stack() > 0  # noqa: SLF001 - as above
    try:
        with _python_dispatch._disable_current_modes() if has_others else nullcontext():  # noqa: SLF001 - as above
            yield
    finally:
        place.device_context = default
        for mode in reversed(functions):
            _push(mode)


@contextmanager
def _saved_tensor_hooks() -> Iterator[None]:
    """Removes default hooks on the tensors that a backward pass saves."""
    pairs: list[Any] = []
    while (pair := _default_hooks()) is not None:
        pairs.append(pair)
        _autograd._pop_saved_tensors_default_hooks()  # noqa: SLF001 - as above
    try:
        yield
    finally:
        for pack, unpack in reversed(pairs):
            _autograd._push_saved_tensors_default_hooks(pack, unpack)  # noqa: SLF001 - as above


def _default_hooks() -> Any:
    return _autograd._top_saved_tensors_default_hooks(True)  # noqa: FBT003, SLF001 - as above


@contextmanager
def _denormals() -> Iterator[None]:
    """Computes with denormal numbers in this thread, also where they are set to zero."""
    are_zero = (torch.tensor(_SMALLEST, dtype=torch.float32, device="cpu") * 1).item() == 0
    if are_zero:
        torch.set_flush_denormal(False)
    try:
        yield
    finally:
        if are_zero:
            torch.set_flush_denormal(True)


def _without_autocast(kind: str) -> AbstractContextManager[object]:
    return torch.autocast(kind, enabled=False) if torch.is_autocast_enabled(kind) else nullcontext()
