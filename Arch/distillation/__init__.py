"""Distillation losses: the registry of loss terms, whose mathematics are pure functions of tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from Arch.registry.registry import Registry

if TYPE_CHECKING:  # importing the registry must not load torch
    from Arch.distillation.loss_term import LossTerm

METHODS: Registry[type[LossTerm]] = Registry(
    "method", f"{__name__}.methods", keys_of=lambda method: (method.switch_key, method.weight_key)
)
