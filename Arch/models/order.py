"""Whether each container's forward hands its input through its children, each once, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from torch import nn

from Arch.errors import ModelError
from Arch.models.line import Step, children, is_container

if TYPE_CHECKING:
    from collections.abc import Mapping

    from Arch.models.calls import Call

ADVICE = (
    "Its children in order are not its forward, and only such networks can be cut. Write functional calls as modules "
    "(nn.ReLU, nn.Flatten), use each module once, and put a skip connection inside a block."
)


def require_order(module: nn.Module, path: str, calls: Mapping[nn.Module, list[Call]]) -> None:
    """Compares a container's calls with its children, then its children's with theirs; so the outermost is blamed.

    Args:
        module: the network, or the part of it called `path`.
        path: dotted name, empty for the network itself.
        calls: made while the whole network ran.

    Raises:
        ModelError: a container does something of its own; the message says which, and between which modules.
    """
    if not is_container(module):
        return
    members = list(children(module, path))
    if not _is_plain_sequential(module):
        _require_one_call_each(module, path, members, calls)
        _require_chain(module, path, members, calls)
    for name, child in members:
        require_order(child, name, calls)


def title(path: str, module: nn.Module) -> str:
    """What messages call a module: its dotted name and class, or the class alone for the network itself."""
    return f"{path} ({type(module).__name__})" if path else type(module).__name__


def _is_plain_sequential(module: nn.Module) -> bool:
    return isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward


def _require_one_call_each(
    module: nn.Module, path: str, members: list[Step], calls: Mapping[nn.Module, list[Call]]
) -> None:
    for name, child in members:
        times = len(calls.get(child, ()))
        if times != 1:
            _refuse(path, module, f"calls {name} {times} times, not once")


def _require_chain(module: nn.Module, path: str, members: list[Step], calls: Mapping[nn.Module, list[Call]]) -> None:
    """Refuses where a child is not given exactly what the child before it returned."""
    whole = calls[module][0]
    value, giver = whole.given, "the input"
    for name, child in members:
        call = calls[child][0]
        if call.given is None:
            _refuse(path, module, f"gives {name} something other than one tensor")
        if call.given != value:
            _refuse(path, module, f"gives {name} something other than {giver}")
        value, giver = call.returned, f"what {name} returned"
        if value is None:
            _refuse(name, child, "returns something other than one tensor")
    if whole.returned is None:
        _refuse(path, module, "returns something other than one tensor")
    if whole.returned != value:
        _refuse(path, module, f"returns something other than {giver}")


def _refuse(path: str, module: nn.Module, reason: str) -> NoReturn:
    raise ModelError(f"{title(path, module)} {reason}. {ADVICE}")
