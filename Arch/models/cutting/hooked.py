"""Captures features of a network that cannot be cut, by forward hooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from Arch.errors import ModelError
from Arch.models.architecture import Shape
from Arch.models.graph.operations import is_activation
from Arch.models.graph.values import example_inputs, first_sentence
from Arch.models.isolation import isolated

_LISTS = (nn.Sequential, nn.ModuleList)


@dataclass(frozen=True)
class HookedLayer:
    """A module whose output can be captured.

    Attributes:
        name: its dotted name.
        shape: the shape of its output, without the batch.
        ends_in_activation: whether it is a non-linearity itself.
    """

    name: str
    shape: Shape
    ends_in_activation: bool


class _StopForwardError(Exception):
    """Stops a forward after the last requested module."""


def hooked_layers(network: nn.Module, shape: Shape) -> tuple[tuple[HookedLayer, ...], Shape]:
    """Returns the modules that can be captured by index, in order of completion, and the shape of the logits.

    They are the elements of `nn.Sequential` and `nn.ModuleList` that contain a non-linearity, and the non-linearities
    and flattenings outside them, each if it is called once and returns one tensor.

    Raises:
        ModelError: the network cannot read examples of this shape, or does not return one tensor of logits.
    """
    names = dict(_candidates(network))
    found: list[tuple[str, Any]] = []
    with isolated(network), torch.no_grad():
        network.eval()
        handles = [module.register_forward_hook(_recording(found, name)) for name, module in names.items()]
        try:
            logits = network(example_inputs(network, 2, shape))
        except (RuntimeError, ValueError, TypeError, IndexError, AttributeError) as error:
            raise ModelError(
                f"{type(network).__name__} cannot read examples of shape {shape}: {first_sentence(error)}"
            ) from error
        finally:
            for handle in handles:
                handle.remove()
    if not isinstance(logits, Tensor):
        raise ModelError(f"{type(network).__name__} returns a {type(logits).__name__}, not one tensor of logits.")
    times = [name for name, _ in found]
    layers = tuple(
        HookedLayer(name, tuple(result[1:]), is_activation(names[name]))
        for name, result in found
        if isinstance(result, torch.Size) and len(result) > 1 and result[0] == 2 and times.count(name) == 1
    )
    return layers, tuple(logits.shape[1:])


def capture(
    network: nn.Module, x: Tensor, names: Sequence[str], *, is_all: bool, before_activation: bool
) -> tuple[Tensor | None, tuple[Tensor, ...]]:
    """Returns the outputs of the named modules, and the logits unless the network is stopped after the last of them.

    Args:
        network: any module.
        x: examples, batch first.
        names: the names of modules, in any order.
        is_all: whether the network runs to its end.
        before_activation: capture the input of a non-linearity, not its output.

    Raises:
        ModelError: a module did not run, or does not return one tensor.
    """
    captured: dict[str, Any] = {}
    pending = set(names)

    def keep(name: str, value: Any) -> None:
        captured[name] = value.clone() if isinstance(value, Tensor) else value
        pending.discard(name)
        if not pending and not is_all:
            raise _StopForwardError

    handles = [
        _hook(network.get_submodule(name), name, keep, before_activation=before_activation) for name in set(names)
    ]
    logits = None
    try:
        logits = network(x) if names or is_all else None
    except _StopForwardError:
        logits = None
    finally:
        for handle in handles:
            handle.remove()
    for name in names:
        if not isinstance(captured.get(name), Tensor):
            what = f"returned a {type(captured[name]).__name__}" if name in captured else "did not run"
            raise ModelError(f"{name} of {type(network).__name__} {what}, so there is no tensor to capture.")
    return logits, tuple(captured[name] for name in names)


def _hook(module: nn.Module, name: str, keep: Callable[[str, Any], None], *, before_activation: bool) -> Any:
    if before_activation and is_activation(module):
        return module.register_forward_pre_hook(lambda _module, args: keep(name, args[0]))
    return module.register_forward_hook(lambda _module, _args, result: keep(name, result))


def _recording(found: list[tuple[str, Any]], name: str) -> Callable[[nn.Module, Any, Any], None]:
    def note(_module: nn.Module, _args: Any, result: Any) -> None:
        found.append((name, torch.Size(result.shape) if isinstance(result, Tensor) else None))

    return note


def _candidates(network: nn.Module, path: str = "", *, is_member: bool = False) -> Sequence[tuple[str, nn.Module]]:
    if is_activation(network) or isinstance(network, nn.Flatten):
        return [(path, network)]
    is_block = is_member and not isinstance(network, _LISTS) and any(map(is_activation, network.modules()))
    if is_block:
        return [(path, network)]
    found: list[tuple[str, nn.Module]] = []
    for name, child in network.named_children():
        found += _candidates(child, f"{path}.{name}".lstrip("."), is_member=isinstance(network, _LISTS))
    return found
