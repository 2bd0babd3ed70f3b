"""Networks: the registry of architectures, and `IModel`, which presents any network as a sequence of layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from Arch.registry.registry import Registry

if TYPE_CHECKING:  # importing the registry must not load torch
    from Arch.models.architecture import Architecture

MODELS: Registry[type[Architecture]] = Registry("model", f"{__name__}.architectures", key="Model")
