"""Runs a network without lasting effects on its state or on random generators."""

from __future__ import annotations

import contextlib
import pickle
import random
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin
from torch.nn.parameter import is_lazy

NUMBERS = (int, float)


@contextlib.contextmanager
def isolated(network: nn.Module) -> Iterator[None]:
    """Restores the network's modes, parameters and buffers (BatchNorm's statistics) and the generators at the end.

    Inside, the generators of Python, numpy, the CPU and the network's GPUs start from seed 0; other GPUs' are not
    touched.
    """
    modes = {module: module.training for module in network.modules()}
    owned = [
        (module, name, tensor)
        for module in network.modules()
        for own in (module.named_parameters, module.named_buffers)
        for name, tensor in own(recurse=False)
    ]
    values = {tensor: tensor.detach().clone() for _, _, tensor in owned if not is_lazy(tensor)}
    requires_grad_before = {tensor: tensor.requires_grad for tensor in values}
    with _from_seed_0(network):
        try:
            yield
        finally:
            for module, mode in modes.items():
                module.training = mode
            for module, name, tensor in owned:
                if getattr(module, name) is not tensor:  # the forward replaced the tensor
                    setattr(module, name, tensor)
            for tensor, value in values.items():
                tensor.data.copy_(value)
                if tensor.requires_grad != requires_grad_before[tensor]:
                    tensor.requires_grad_(requires_grad_before[tensor])


@contextlib.contextmanager
def attributes_restored(network: nn.Module, keep: tuple[type, ...] = ()) -> Iterator[None]:
    """Restores the attributes of a network's modules at the end: a forward may store features or count its calls.

    Args:
        network: its lazy modules are left out, because their first call creates their parameters.
        keep: types of attributes that are not restored.
    """
    modules = [module for module in network.modules() if not isinstance(module, LazyModuleMixin)]
    before = [(module, dict(vars(module))) for module in modules]
    contents = [(each, each.copy()) for _, found in before for each in found.values() if _is_container(each)]
    try:
        yield
    finally:
        for module, attributes in before:
            left = {name: value for name, value in vars(module).items() if isinstance(value, keep)}
            vars(module).clear()
            vars(module).update(attributes | left)
        for container, content in contents:
            container.clear()
            (container.extend if isinstance(container, list) else container.update)(content)


def gpus(network: nn.Module) -> list[torch.device]:
    """Returns the GPUs that a network is on."""
    tensors = (*network.parameters(), *network.buffers())
    return list({tensor.device for tensor in tensors if tensor.device.type == "cuda"})


def generator_states(devices: list[torch.device]) -> bytes:
    """Returns the states of all generators that a network on these GPUs may draw from, as bytes to compare."""
    states = (torch.get_rng_state(), *map(torch.cuda.get_rng_state, devices))
    tensors = [state.numpy().tobytes() for state in states]
    return pickle.dumps((random.getstate(), np.random.get_state(), tensors))  # noqa: NPY002 - a forward may use it


@contextlib.contextmanager
def _from_seed_0(network: nn.Module) -> Iterator[None]:
    devices = gpus(network)
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - as above
    with torch.random.fork_rng(devices=devices):
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002 - as above
        torch.default_generator.manual_seed(0)  # torch.manual_seed would reseed all GPUs
        for device in devices:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(0)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002 - as above


def _is_container(value: Any) -> bool:
    return type(value) in (list, dict, set, OrderedDict)
