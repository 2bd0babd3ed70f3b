"""Runs a network on trial without leaving a trace."""

from __future__ import annotations

import contextlib
import copy
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = (int, float)
_OWN = frozenset(vars(nn.Module()))  # what every module has


@contextlib.contextmanager
def untouched(network: nn.Module) -> Iterator[None]:
    """Puts the network's modes and buffers (BatchNorm's statistics) and torch's generators back at the end.

    Inside, the generators of the CPU and of the network's GPUs start from seed 0; others are left alone.
    """
    modes = {module: module.training for module in network.modules()}
    buffers = [
        (module, name, buffer, buffer.clone())
        for module in network.modules()
        for name, buffer in module.named_buffers(recurse=False)
    ]
    devices = {tensor.device for tensor in (*network.parameters(), *network.buffers()) if tensor.device.type == "cuda"}
    with torch.random.fork_rng(devices=list(devices)):
        torch.default_generator.manual_seed(0)  # torch.manual_seed would reseed all GPUs
        for device in devices:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(0)
        try:
            yield
        finally:
            for module, mode in modes.items():
                module.training = mode
            with torch.no_grad():
                for module, name, buffer, before in buffers:
                    setattr(module, name, buffer.copy_(before))  # a forward may have put another tensor in its place


@contextlib.contextmanager
def without_leftovers(network: nn.Module, but: tuple[type, ...] = ()) -> Iterator[None]:
    """Puts the attributes of a network's modules back at the end, for a forward may keep features or count its calls.

    Args:
        network: not its lazy modules, which their first call makes.
        but: types of attributes that are left.
    """
    modules = [module for module in network.modules() if not isinstance(module, LazyModuleMixin)]
    before = [(module, _attributes(module)) for module in modules]
    contents = [(each, copy.copy(each)) for _, found in before for each in found.values() if _is_container(each)]
    try:
        yield
    finally:
        for module, attributes in before:
            for name, value in _attributes(module).items():
                if not isinstance(value, but) and name not in attributes:
                    vars(module).pop(name)
            kept = {name for name, value in _attributes(module).items() if isinstance(value, but)}
            vars(module).update({name: value for name, value in attributes.items() if name not in kept})
        for container, content in contents:
            container.clear()
            (container.extend if isinstance(container, list) else container.update)(content)


def _attributes(module: nn.Module) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if name not in _OWN}


def _is_container(value: Any) -> bool:
    return type(value) in (list, dict, set)
