"""A protocol of who called whom with what while a network ran."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, eq=False)
class Value:
    """One tensor at one moment; equal to another only if it is the same tensor and nobody wrote to it in between."""

    tensor: Tensor
    version: int

    def __eq__(self, other: object) -> bool:
        """Identity, not equality of numbers: relu(x) may equal x."""
        return isinstance(other, Value) and self.tensor is other.tensor and self.version == other.version

    __hash__ = None  # type: ignore[assignment]  # values are compared, never collected


@dataclass(frozen=True)
class Call:
    """One call of a module; None where it was not exactly one tensor that came or went."""

    given: Value | None
    returned: Value | None


@dataclass
class _Recorder:
    calls: defaultdict[nn.Module, list[Call]] = field(default_factory=lambda: defaultdict(list))
    _entered: list[Value | None] = field(default_factory=list)

    def enter(self, _module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Notes what a module is given; a write in place later must not change the note."""
        self._entered.append(_value(args[0]) if len(args) == 1 and not kwargs else None)

    def leave(self, module: nn.Module, _args: tuple[Any, ...], returned: object) -> None:
        """Notes what a module returns; calls end in the reverse order of their beginnings."""
        self.calls[module].append(Call(self._entered.pop(), _value(returned)))


def record_calls(network: nn.Module, images: Tensor) -> tuple[Tensor, Mapping[nn.Module, list[Call]]]:
    """The network's logits for `images` and the calls of each of its modules, itself included.

    Raises:
        TypeError: the network does not return one tensor.
    """
    recorder = _Recorder()
    handles = [
        handle
        for module in network.modules()
        for handle in (
            module.register_forward_pre_hook(recorder.enter, with_kwargs=True),
            module.register_forward_hook(recorder.leave),
        )
    ]
    try:
        logits = network(images)
    finally:
        for handle in handles:
            handle.remove()
    if not isinstance(logits, Tensor):
        raise TypeError(f"it returns a {type(logits).__name__}, not one tensor of logits")
    return logits, recorder.calls


def _value(thing: object) -> Value | None:
    if not isinstance(thing, Tensor):
        return None
    return Value(thing, thing._version)  # noqa: SLF001 - torch's only count of the in-place writes to a tensor
