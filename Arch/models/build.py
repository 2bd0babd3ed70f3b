"""Builds a network from a name, an input shape and a seed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import torch

from Arch.errors import ModelError
from Arch.models import MODELS
from Arch.models.architecture import Architecture, Shape, require_image_shape
from Arch.models.imodel import IModel


def build(name: str, shape: Shape, classes: int, *, seed: int, **parameters: Any) -> IModel:
    """Builds the registered network called `name`, freshly initialised, on the CPU.

    Args:
        name: one of `MODELS`.
        shape: the shape of one image, (C, H, W).
        classes: K, the number of logits.
        seed: determines the initial weights.
        parameters: the parameters of the architecture, such as `batch_norm=False` or `widths=(512, 512), dropout=0.0`.

    Raises:
        UnknownNameError: no network has this name.
        ModelError: the network does not take these parameters, cannot be built for this shape, or returns another
            number of logits.
    """
    architecture = MODELS[name]
    _require_parameters(name, architecture, parameters)
    return construct(architecture(**parameters), shape, classes, name=name, seed=seed)


def construct(architecture: Architecture, shape: Shape, classes: int, *, name: str, seed: int) -> IModel:
    """Builds the network of an architecture that has its parameters already (from a config); otherwise as `build`.

    torch's global generators are not changed.
    """
    shape = tuple(shape)
    require_image_shape(shape, classes)
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        torch.default_generator.manual_seed(seed)  # torch.manual_seed would reseed the GPUs, too
        network = architecture.network(shape, classes)
    model = IModel(network, shape, name=name)
    if model.classes != classes:
        raise ModelError(
            f"{model.name} returns {model.classes} logits for {classes} classes; it must return one for each."
        )
    return model


def _require_parameters(name: str, architecture: type[Architecture], given: Mapping[str, Any]) -> None:
    fields = dataclasses.fields(architecture)
    known = {each.name for each in fields}
    needed = {each.name for each in fields if each.default is dataclasses.MISSING}
    if not needed <= given.keys() <= known:
        raise ModelError(
            f"{name} takes the parameters {', '.join(sorted(known))}; given: {', '.join(sorted(given)) or 'none'}."
        )
