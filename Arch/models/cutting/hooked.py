"""Features of a network that cannot be cut, caught by hooks while it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from Arch.errors import ModelError
from Arch.models.architecture import Shape
from Arch.models.graph.operations import is_activation
from Arch.models.graph.values import said, trial
from Arch.models.isolation import untouched

_LISTS = (nn.Sequential, nn.ModuleList)


@dataclass(frozen=True)
class HookedLayer:
    """A module whose result can be caught.

    Attributes:
        name: its dotted name.
        shape: of its result, without the batch.
        ends_in_activation: whether it is a non-linearity itself.
    """

    name: str
    shape: Shape
    ends_in_activation: bool


class _EnoughError(Exception):
    """Nothing that is asked for comes after this."""


def hooked_layers(network: nn.Module, shape: Shape) -> tuple[tuple[HookedLayer, ...], Shape]:
    """The modules to catch by number, in the order in which they end, and the shape of the logits.

    They are the members of lists and sequences that hold a non-linearity, and the non-linearities and flattenings that
    are in none of these, each if it is called once and gives one tensor.

    Raises:
        ModelError: the network cannot read examples of this shape, or does not give one tensor of logits.
    """
    names = dict(_candidates(network))
    found: list[tuple[str, Any]] = []
    with untouched(network), torch.no_grad():
        network.eval()
        handles = [module.register_forward_hook(_noting(found, name)) for name, module in names.items()]
        try:
            logits = network(trial(network, 2, shape))
        except (RuntimeError, ValueError, TypeError, IndexError, AttributeError) as error:
            raise ModelError(
                f"{type(network).__name__} cannot read examples of shape {shape}: {said(error)}"
            ) from error
        finally:
            for handle in handles:
                handle.remove()
    if not isinstance(logits, Tensor):
        raise ModelError(f"{type(network).__name__} gives a {type(logits).__name__}, not one tensor of logits.")
    times = [name for name, _ in found]
    layers = tuple(
        HookedLayer(name, tuple(result[1:]), is_activation(names[name]))
        for name, result in found
        if isinstance(result, torch.Size) and len(result) > 1 and result[0] == 2 and times.count(name) == 1
    )
    return layers, tuple(logits.shape[1:])


def watch(
    network: nn.Module, x: Tensor, names: Sequence[str], *, is_all: bool, before_activation: bool
) -> tuple[Tensor | None, tuple[Tensor, ...]]:
    """The logits, unless the network is stopped once all names have been seen, and what the named modules gave.

    Args:
        network: any.
        x: examples, batch first.
        names: of modules, in any order.
        is_all: whether the network is to run to its end.
        before_activation: of a non-linearity what it reads.

    Raises:
        ModelError: a module did not run, or does not give one tensor.
    """
    caught: dict[str, Any] = {}
    pending = set(names)

    def keep(name: str, value: Any) -> None:
        caught[name] = value.clone() if isinstance(value, Tensor) else value
        pending.discard(name)
        if not pending and not is_all:
            raise _EnoughError

    handles = [
        _hook(network.get_submodule(name), name, keep, before_activation=before_activation) for name in set(names)
    ]
    logits = None
    try:
        logits = network(x) if names or is_all else None
    except _EnoughError:
        logits = None
    finally:
        for handle in handles:
            handle.remove()
    for name in names:
        if not isinstance(caught.get(name), Tensor):
            what = f"gave a {type(caught[name]).__name__}" if name in caught else "did not run"
            raise ModelError(f"{name} of {type(network).__name__} {what}, so there is no tensor to catch.")
    return logits, tuple(caught[name] for name in names)


def _hook(module: nn.Module, name: str, keep: Callable[[str, Any], None], *, before_activation: bool) -> Any:
    if before_activation and is_activation(module):
        return module.register_forward_pre_hook(lambda _module, args: keep(name, args[0]))
    return module.register_forward_hook(lambda _module, _args, result: keep(name, result))


def _noting(found: list[tuple[str, Any]], name: str) -> Callable[[nn.Module, Any, Any], None]:
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
